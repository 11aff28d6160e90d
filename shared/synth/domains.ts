import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Construct } from "constructs";
import { DomainStack, type DomainStackProps } from "../domain-stack";
import { UserError } from "../errors";
import { KEBAB_CASE, KEBAB_CASE_RULE } from "../naming";
import type { Project } from "../stack/config";
import { addFinding } from "../stack/findings";

/** A folder under `domains/`. */
export interface Domain {
  name: string;
  /** Absolute. */
  folder: string;
  Stack: new (scope: Construct, domain: string, props: DomainStackProps) => DomainStack;
}

/**
 * Finds every domain: each folder under `domains/` is one, and there is no list to enter it in.
 * What is wrong with a folder becomes a finding.
 * @throws UserError when a `stack.ts` cannot be loaded.
 */
export function findDomains(app: Construct, domainsFolder: string, project: Project): Domain[] {
  const entries = readdirSync(domainsFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = entries.map((entry) => entry.name).sort();
  return names.flatMap((name) => {
    const folder = join(domainsFolder, name);
    const problem = nameProblem(name, names, project) ?? stackProblem(folder);
    if (!problem) return [{ name, folder, Stack: load(folder) as Domain["Stack"] }];
    addFinding(app, problem, `domains/${name}`);
    return [];
  });
}

function nameProblem(name: string, all: string[], { environments }: Project): string | undefined {
  if (name === "shared") return `"${name}" is the foundation's name; rename the domain`;
  const twin = all.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  if (twin) return `differs from domains/${twin} by case only, and their resources would have the same names; rename one`;
  if (!KEBAB_CASE.test(name)) {
    return `"${name}" cannot be a domain's name, for AWS's names and HCP Terraform's workspaces are made from it; use ${KEBAB_CASE_RULE}`;
  }
  const environment = environments.find((each) => name.split("-").includes(each.name))?.name;
  return environment && `"${name}" holds the environment's name "${environment}", so that names would mean two things; rename the domain`;
}

function stackProblem(folder: string): string | undefined {
  if (!existsSync(join(folder, "stack.ts"))) return "has no stack.ts; add one, or move the folder out of domains/";
  const Stack = load(folder);
  if (typeof Stack === "function" && Stack.prototype instanceof DomainStack) return undefined;
  return "stack.ts has no default export that is a domain; write: export default class … extends DomainStack";
}

/** The default export of the domain's stack. */
function load(folder: string): unknown {
  const file = join(folder, "stack.ts");
  try {
    return require(file).default;
  } catch (error) {
    throw new UserError(`${relative(process.cwd(), file)} cannot be loaded: ${error instanceof Error ? error.message : error}`);
  }
}
