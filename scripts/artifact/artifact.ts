import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { dependenciesFirst } from "../../shared/contract-graph";
import { UserError } from "../../shared/errors";
import { stackId } from "../../shared/naming";
import type { StackDescription } from "../../shared/stack-description";

export const ARTIFACT = "cdktf.out";

/** A stack of the artifact. */
export interface Stack extends StackDescription {
  /** Its folder. Read-only: who needs a change works in a copy. */
  folder: string;
  /** Ids of the stacks whose contracts it reads. */
  needs: string[];
}

/**
 * Every stack of the artifact, an environment's foundation at least, in an order in which they can be deployed: none before one that it reads of.
 * @throws UserError when there is no artifact.
 */
export function readArtifact(artifact = ARTIFACT): [Stack, ...Stack[]] {
  const manifest = join(artifact, "manifest.json");
  if (!existsSync(manifest)) throw new UserError(`There is no artifact in ${artifact}; make it with npm run synth`);
  const { stacks } = JSON.parse(readFileSync(manifest, "utf8")) as { stacks: Record<string, unknown> };
  const described = Object.keys(stacks).map((id): Stack => {
    const folder = join(artifact, "stacks", id);
    const description: StackDescription = JSON.parse(readFileSync(join(folder, "domain.json"), "utf8"));
    const needs = description.reads.map(({ domain }) => stackId({ ...description, domain }));
    return { ...description, folder, needs };
  });
  return inOrder(described) as [Stack, ...Stack[]];
}

function inOrder(stacks: Stack[]): Stack[] {
  const byId = new Map(stacks.map((stack) => [stack.stack, stack]));
  const order = dependenciesFirst(new Map(stacks.map(({ stack, needs }) => [stack, needs])));
  return order.flatMap((id) => byId.get(id) ?? []);
}

/**
 * The stacks that a person named: by id (`orders-int`), or an environment for all of its stacks.
 * @throws UserError naming what is unknown and what there is.
 */
export function selectStacks(stacks: Stack[], names: string[]): Stack[] {
  const environments = [...new Set(stacks.map(({ environment }) => environment))];
  const unknown = names.filter((name) => !environments.includes(name) && !stacks.some(({ stack }) => stack === name));
  if (unknown.length > 0) {
    throw new UserError(
      `There is no stack or environment "${unknown.join('", "')}". Environments: ${environments.join(", ")}. Stacks: ${stacks.map(({ stack }) => stack).join(", ")}.`,
    );
  }
  return stacks.filter(({ stack, environment }) => names.includes(stack) || names.includes(environment));
}

/** A folder that Terraform may work in. What it holds from earlier (`.terraform`) stays, what the artifact holds is laid over it. */
export function workingCopy(stack: Stack, workFolder: string): string {
  const folder = resolve(workFolder, stack.stack);
  mkdirSync(folder, { recursive: true });
  for (const stale of ["lambdas", ".terraform.lock.hcl"]) rmSync(join(folder, stale), { recursive: true, force: true });
  cpSync(stack.folder, folder, { recursive: true, filter: isArtifact });
  return folder;
}

/** Whether synth wrote a file; cdktf leaves Terraform's own folder beside what it wrote. */
const isArtifact = (file: string) => !file.split(sep).includes(".terraform");

/** What a stack is, but for the values of the contracts it reads: its resources, its zips and its provider lock. */
export function fingerprint({ folder }: Stack): string {
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "domain.json")
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isArtifact)
    .sort();
  for (const file of files) hash.update(`${relative(folder, file)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}
