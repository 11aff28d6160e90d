import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Construct } from "constructs";
import { DomainStack, type DomainStackProps } from "../domain-stack";
import { UserError } from "../errors";
import { ACCESS, KEBAB_CASE, KEBAB_CASE_RULE, WORKSPACES_STACK } from "../naming";
import type { Project } from "../stack/config";
import { addFinding } from "../stack/findings";

/** The names of stacks that are not domains. */
const RESERVED = new Map([
  ["shared", "the foundation"],
  [ACCESS, "the stack that says who may deploy"],
  [WORKSPACES_STACK, "the stack with the workspaces of HCP Terraform"],
]);

/** A folder in `domains/`. */
export interface Domain {
  name: string;
  /** An absolute path. */
  folder: string;
  /** The default export of its `stack.ts`. */
  Stack: DomainClass;
}

interface DomainClass {
  new (scope: Construct, domain: string, props: DomainStackProps): DomainStack;
  readonly formerly?: string;
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
    const problem = twinProblem(name, names) ?? nameProblem(name, project) ?? stackProblem(folder);
    if (problem) addFinding(app, problem, `domains/${name}`);
    else domains.push({ name, folder, Stack: loadDefaultExport(folder) as DomainClass });
  }
  for (const { name, Stack } of domains) {
    const problem = Stack.formerly === undefined ? undefined : formerNameProblem(name, Stack.formerly, domains, project);
    if (problem) addFinding(app, `formerly is "${Stack.formerly}": ${problem}`, `domains/${name}/stack.ts`);
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
function nameProblem(name: string, { environments }: Project): string | undefined {
  const reserved = RESERVED.get(name);
  if (reserved) return `"${name}" is the name of ${reserved}. Rename the domain.`;
  if (!KEBAB_CASE.test(name)) {
    const reason = "because names of AWS resources and of HCP Terraform workspaces are made from it";
    return `"${name}" cannot be a domain's name, ${reason}. Use ${KEBAB_CASE_RULE}.`;
  }
  const environment = environments.find((each) => name.split("-").includes(each.name))?.name;
  if (environment === undefined) return undefined;
  return `"${name}" contains the environment's name "${environment}", so resources' names would be ambiguous. Rename the domain.`;
}

function twinProblem(name: string, allNames: string[]): string | undefined {
  const twin = allNames.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  if (!twin) return undefined;
  return `the name differs only in case from domains/${twin}, so the names of their resources would be equal. Rename one.`;
}

/** Explains why a domain cannot have had this name before it was renamed, or returns undefined if it can. */
function formerNameProblem(name: string, formerly: string, domains: Domain[], project: Project): string | undefined {
  if (formerly === name) return "it is the name that the folder has. Remove formerly.";
  const owner = domains.find((other) => other.name !== name && (other.name === formerly || other.Stack.formerly === formerly));
  if (owner) return `domains/${owner.name} has the names that are made of it. Two domains would have one state. Rename one.`;
  return nameProblem(formerly, project);
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
