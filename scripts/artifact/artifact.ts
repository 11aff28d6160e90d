import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { dependenciesFirst } from "../../shared/contract-graph";
import { UserError } from "../../shared/errors";
import { ACCESS, deployedStackId, stackId, WORKSPACES_STACK } from "../../shared/naming";
import type { StackDescription } from "../../shared/stack-description";
import { parseJson } from "../cli/json";
import { nearMatches } from "../cli/near-matches";
import { isOfSynth } from "./contents";

/** The folder of the artifact, relative to the project. */
export const ARTIFACT = "cdktf.out";
/** The file of the artifact that names its stacks. */
export const MANIFEST = "manifest.json";

/** A stack of the artifact. */
export interface Stack extends StackDescription {
  /** The stack's folder in the artifact. It is read-only: a command that needs a change works in a {@link workingCopy}. */
  folder: string;
  /** Ids of the stacks whose contracts this stack reads, in the order of `reads`. */
  needs: string[];
}

/**
 * Every stack of an environment in the artifact, in deployment order. There is at least one: the foundation of an environment.
 * The stack with the workspaces of HCP Terraform is not among them: it has no domain, and another provider.
 * @throws UserError when there is no artifact
 */
export function readArtifact(artifact = ARTIFACT): [Stack, ...Stack[]] {
  const ids = stackIds(artifact).filter((id) => id !== WORKSPACES_STACK);
  const described = ids.map((id) => {
    const folder = join(artifact, "stacks", id);
    return { ...readJson<StackDescription>(join(folder, "domain.json"), DESCRIPTION), folder };
  });
  // A contract names its domain as it was called when it was first deployed.
  const presentIds = new Map(described.map((stack) => [deployedStackId(stack), stack.stack]));
  const needsOf = ({ reads, environment }: StackDescription) =>
    reads.map(({ domain }) => stackId({ domain, environment })).map((id) => presentIds.get(id) ?? id);
  return inDeploymentOrder(described.map((stack) => ({ ...stack, needs: needsOf(stack) }))) as [Stack, ...Stack[]];
}

/** @throws UserError when there is no artifact */
function stackIds(artifact: string): string[] {
  const manifest = join(artifact, MANIFEST);
  if (!existsSync(manifest)) throw new UserError(`There is no artifact in ${artifact}. Create it with: npm run synth`);
  return Object.keys(readJson<{ stacks: Record<string, unknown> }>(manifest, ["stacks"]).stacks);
}

/** Whether the artifact has the stack with the workspaces of HCP Terraform. */
export function hasWorkspaces(): boolean {
  return stackIds(ARTIFACT).includes(WORKSPACES_STACK);
}

/** Says that a command leaves out the stack with the workspaces of HCP Terraform, if the artifact has it. */
export function reportSkippedWorkspaces(): void {
  if (!hasWorkspaces()) return;
  const fix = `Deploy it with: npx cdktf deploy ${WORKSPACES_STACK}`;
  process.stdout.write(`${WORKSPACES_STACK}: skipped, because it needs the provider of HCP Terraform and a token. ${fix}\n`);
}

/** The fields of a stack's description that every command relies on. The artifact of an older version can lack one. */
const DESCRIPTION = ["stack", "project", "domain", "environment", "account", "region", "triggers", "lambdas", "secrets", "reads"];

/**
 * @param fields that the content must have
 * @throws UserError when the file is missing or damaged, as after a synth that was killed
 */
function readJson<Content>(file: string, fields: string[] = []): Content {
  const content = existsSync(file) ? parseJson(readFileSync(file, "utf8")) : undefined;
  if (typeof content === "object" && content !== null && fields.every((field) => content[field] !== undefined)) return content;
  throw new UserError(`${file} is ${existsSync(file) ? "damaged" : "missing"}. Write the artifact again: npm run synth`);
}

/**
 * Checks that the zips of these stacks are those with which they were synthesized.
 * @throws UserError with every zip that is missing or different
 */
export function checkZips(stacks: Pick<Stack, "folder">[]): void {
  const problems = stacks.flatMap(({ folder }) => {
    const { resource } = readJson<{ resource?: { aws_lambda_function?: Record<string, LambdaFunctionJson> } }>(join(folder, "cdk.tf.json"));
    return Object.values(resource?.aws_lambda_function ?? {}).flatMap(({ filename, source_code_hash }) => {
      const file = join(folder, filename);
      if (!existsSync(file)) return [`  ${file} is missing`];
      const hash = createHash("sha256").update(readFileSync(file)).digest("base64");
      return hash === source_code_hash ? [] : [`  ${file} has the hash ${hash}, but its stack has ${source_code_hash}`];
    });
  });
  if (problems.length === 0) return;
  throw new UserError(["The artifact is damaged. Nothing was changed. Write it again: npm run synth", ...problems].join("\n"));
}

interface LambdaFunctionJson {
  /** The path of the zip in the folder of the stack. */
  filename: string;
  /** The SHA-256 of the zip, in Base64. */
  source_code_hash: string;
}

/** The same stacks, each after all those that it needs. */
export function inDeploymentOrder(stacks: Stack[]): Stack[] {
  const byId = new Map(stacks.map((stack) => [stack.stack, stack]));
  const order = dependenciesFirst(new Map(stacks.map(({ stack, needs }) => [stack, needs])));
  return order.flatMap((id) => byId.get(id) ?? []);
}

/**
 * The stacks that a command was given by name. A name is the id of a stack (`orders-int`), the id that it had before the domain was
 * renamed, or an environment. An environment means all of its stacks, without the one that only an administrator applies. The order of
 * `stacks` is kept.
 * @throws UserError with the names that are unknown, and all that exist
 */
export function selectStacks(stacks: Stack[], names: string[]): Stack[] {
  const ids = stacks.map(({ stack }) => stack);
  const environments = [...new Set(stacks.map(({ environment }) => environment))];
  const namesOf = (stack: Stack) => [stack.stack, deployedStackId(stack), ...(stack.domain === ACCESS ? [] : [stack.environment])];
  const known = new Set(stacks.flatMap(namesOf));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.includes(WORKSPACES_STACK)) {
    throw new UserError(
      `The stack ${WORKSPACES_STACK}, which exists with HCP Terraform only, is deployed by itself: npx cdktf deploy ${WORKSPACES_STACK} (docs/hcp.md).`,
    );
  }
  if (unknown.length > 0) {
    const meant = [...new Set(unknown.flatMap((name) => nearMatches(name, meanings(stacks, namesOf))))];
    const suggestion = meant.length > 0 ? ` Did you mean ${meant.join(" or ")}?` : "";
    throw new UserError(
      `There is no stack or environment "${unknown.join('", "')}".${suggestion} Environments: ${environments.join(", ")}. Stacks: ${ids.join(", ")}.`,
    );
  }
  return stacks.filter((stack) => namesOf(stack).some((name) => names.includes(name)));
}

/** What somebody can have written, with the name that it stands for: a domain stands for each of its stacks. */
function meanings(stacks: Stack[], namesOf: (stack: Stack) => string[]): [written: string, name: string][] {
  return stacks.flatMap((stack) => [...namesOf(stack).map((name): [string, string] => [name, name]), [stack.domain, stack.stack]]);
}

/**
 * Copies a stack into a folder in which Terraform may write. Terraform's own files from an earlier run (`.terraform`) stay
 * there; files that the artifact no longer has are removed.
 * @returns the absolute path of the copy
 */
export function workingCopy(stack: Stack, workFolder: string): string {
  const folder = resolve(workFolder, stack.stack);
  mkdirSync(folder, { recursive: true });
  for (const stale of ["lambdas", ".terraform.lock.hcl"]) rmSync(join(folder, stale), { recursive: true, force: true });
  cpSync(stack.folder, folder, { recursive: true, filter: isOfSynth });
  return folder;
}

/** The workspace that has the state of a stack, in HCP Terraform or on another server with its protocol. */
export interface CloudBlock {
  hostname: string;
  organization: string;
  workspaces: { name: string };
}

interface StackJson {
  terraform?: {
    backend?: {
      /** Paths that are relative to the folder of the stack. */
      local?: { path: string; workspace_dir: string };
      s3?: { bucket: string; key: string; region: string };
    };
    cloud?: CloudBlock;
  };
}

/** The settings of Terraform in a stack: where its state is. */
export function terraformBlock({ folder }: Pick<Stack, "folder">): NonNullable<StackJson["terraform"]> {
  return readJson<StackJson>(join(folder, "cdk.tf.json")).terraform ?? {};
}
