import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Construct } from "constructs";
import { DomainStack, type DomainStackProps } from "../domain-stack";
import { UserError } from "../errors";
import { KEBAB_CASE, KEBAB_CASE_RULE } from "../naming";
import type { Project } from "../stack/config";
import { addFinding } from "../stack/findings";

/** A folder in `domains/`. */
export interface Domain {
  name: string;
  /** An absolute path. */
  folder: string;
  /** The default export of its `stack.ts`. */
  Stack: new (
    scope: Construct,
    domain: string,
    props: DomainStackProps,
  ) => DomainStack;
}

/**
 * Finds all domains: every folder in `domains/` is one, and no list mentions them. A folder that cannot be a domain becomes a
 * finding.
 * @throws UserError if a `stack.ts` cannot be loaded
 */
export function findDomains(app: Construct, domainsFolder: string, project: Project): Domain[] {
  const entries = readdirSync(domainsFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const names = entries.map((entry) => entry.name).sort();
  const domains: Domain[] = [];
  for (const name of names) {
    const folder = join(domainsFolder, name);
    const problem = nameProblem(name, names, project) ?? stackProblem(folder);
    if (problem) addFinding(app, problem, `domains/${name}`);
    else domains.push({ name, folder, Stack: loadDefaultExport(folder) as Domain["Stack"] });
  }
  return domains;
}

/** Checks that the domain whose sample request `npm run local` sends exists. */
export function checkEntryDomain(app: Construct, { entryDomain }: Project, domains: Domain[]): void {
  if (domains.some(({ name }) => name === entryDomain)) return;
  const existing = domains.map(({ name }) => name).join(", ") || "no domain";
  const problem = `entryDomain is "${entryDomain}", but domains/ has ${existing}`;
  addFinding(app, `${problem}. Write a domain whose HTTP API has a route with a sample.`, "project.config.ts");
}

/** Explains why a folder's name cannot be a domain's, or returns undefined if it can. */
function nameProblem(name: string, allNames: string[], { environments }: Project): string | undefined {
  if (name === "shared") return `"${name}" is the name of the foundation. Rename the domain.`;
  const twin = allNames.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  if (twin) return `the name differs only in case from domains/${twin}, so the names of their resources would be equal. Rename one.`;
  if (!KEBAB_CASE.test(name)) {
    const reason = "because names of AWS resources and of HCP Terraform workspaces are made from it";
    return `"${name}" cannot be a domain's name, ${reason}. Use ${KEBAB_CASE_RULE}.`;
  }
  const environment = environments.find((each) => name.split("-").includes(each.name))?.name;
  if (environment === undefined) return undefined;
  return `"${name}" contains the environment's name "${environment}", so resources' names would be ambiguous. Rename the domain.`;
}

/** Explains why a folder's `stack.ts` cannot be a domain's, or returns undefined if it can. */
function stackProblem(folder: string): string | undefined {
  if (!existsSync(join(folder, "stack.ts"))) return "the folder has no stack.ts. Add one, or move the folder out of domains/.";
  const Stack = loadDefaultExport(folder);
  if (typeof Stack === "function" && Stack.prototype instanceof DomainStack) return undefined;
  return "the default export of stack.ts is not a domain. Write: export default class … extends DomainStack.";
}

/** The default export of the folder's `stack.ts`. */
function loadDefaultExport(folder: string): unknown {
  const file = join(folder, "stack.ts");
  try {
    return require(file).default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${relative(process.cwd(), file)} cannot be loaded: ${reason}`);
  }
}
