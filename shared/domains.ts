import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Construct } from "constructs";
import type { Project } from "./config";
import { DomainStack } from "./domain-stack";
import type { EnvironmentStackProps } from "./environment-stack";
import { UserError } from "./errors";
import { addFinding } from "./findings";

/** A folder under `domains/`. */
export interface Domain {
  name: string;
  /** Absolute. */
  folder: string;
  Stack: new (scope: Construct, domain: string, props: EnvironmentStackProps) => DomainStack;
}

/** Names that are taken: the foundation's stack. */
const RESERVED = ["shared"];

/**
 * Finds every domain: each folder under `domains/` is one, and there is no list to enter it in.
 * What is wrong with a folder becomes a finding.
 * @throws UserError when a `stack.ts` cannot be loaded.
 */
export function findDomains(app: Construct, domainsFolder: string, project: Project): Domain[] {
  const names = readdirSync(domainsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

  return names.flatMap((name) => {
    const folder = join(domainsFolder, name);
    const problem =
      nameProblem(name, names, project) ??
      (existsSync(join(folder, "stack.ts"))
        ? undefined
        : "has no stack.ts; add one whose default export extends DomainStack, or move the folder out of domains/");
    if (problem) {
      addFinding(app, problem, `domains/${name}`);
      return [];
    }
    const Stack: unknown = load(join(folder, "stack.ts"), name).default;
    if (!(typeof Stack === "function" && Stack.prototype instanceof DomainStack)) {
      addFinding(
        app,
        "has no default export that extends DomainStack; write: export default class … extends DomainStack",
        `domains/${name}/stack.ts`,
      );
      return [];
    }
    return [{ name, folder, Stack: Stack as Domain["Stack"] }];
  });
}

function nameProblem(name: string, all: string[], { environments }: Project): string | undefined {
  if (RESERVED.includes(name)) return `"${name}" is the foundation's name; choose another`;
  const twin = all.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  if (twin) return `differs from domains/${twin} by case only, and their resources would have the same names; rename one`;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return `"${name}" cannot be a domain's name, for AWS's names and HCP Terraform's workspaces are made from it; use lower-case letters and digits in parts joined by single "-"`;
  }
  const environment = environments.find((each) => name.split("-").includes(each.name));
  return (
    environment && `"${name}" holds the environment's name "${environment.name}", so that names would mean two things; rename the domain`
  );
}

function load(file: string, name: string): { default?: unknown } {
  try {
    return require(file);
  } catch (error) {
    throw new UserError(`domains/${name}/stack.ts cannot be loaded: ${error instanceof Error ? error.message : error}`);
  }
}
