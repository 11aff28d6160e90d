import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";

/**
 * What a stack is, as far as the artifact knows: its resources, its zips and its provider lock. Two stacks with the same contents are
 * deployed alike, if the contracts that they read have the same values. Where the state is, and what CDKTF notes under "//", such as the
 * paths of constructs, count for nothing.
 */
export interface StackContents {
  /** A hash of everything. */
  fingerprint: string;
  /** A hash of everything but the provider lock: what the same commit gives whenever it is synthesized. */
  build: string;
  /**
   * A hash of each block, by its address: `aws_sqs_queue.placed_queue_9D7D83A2`, `data.…`, `output.…`, `provider.aws`, `terraform`. Those of
   * lambda functions leave out their code, which is in {@link zips}.
   */
  blocks: Record<string, string>;
  /** A hash of each zip, by the name of its file: `lambdas/record-order.zip`. */
  zips: Record<string, string>;
  /** A hash of the provider lock file. Absent if the project has none. */
  lock?: string;
}

/** A stack in the artifact, as far as its files are concerned. */
interface StackFolder {
  folder: string;
}

// biome-ignore lint/suspicious/noExplicitAny: blocks of Terraform have no types
type Block = any;

/** The provider lock file, in the folder of a stack. */
export const LOCK_FILE = ".terraform.lock.hcl";
/** Enough that two different blocks of a stack never have the same hash by chance. Records in SSM have limits. */
const HASH_LENGTH = 12;

/** The contents of a stack in the artifact. */
export function contentsOf(stack: StackFolder): StackContents {
  const blocks: Record<string, string> = {};
  for (const [address, block] of blocksOf(stack)) blocks[address] = hashOf(JSON.stringify(withoutCode(address, block)));
  const files = filesOf(stack.folder);
  const others = files.filter(({ name }) => name !== "cdk.tf.json" && name !== LOCK_FILE);
  const lock = files.find(({ name }) => name === LOCK_FILE);
  return {
    fingerprint: hashOfFiles(files),
    build: hashOfFiles(withoutLock(files)),
    blocks,
    zips: Object.fromEntries(others.map(({ name, content }) => [name, hashOf(content)])),
    ...(lock && { lock: hashOf(lock.content) }),
  };
}

/** The blocks of a stack's Terraform JSON, by their address. */
export function blocksOf({ folder }: StackFolder): Map<string, Block> {
  const { resource = {}, data = {}, ...others } = resourcesOf(folder);
  const blocks = new Map<string, Block>();
  for (const [type, byName] of Object.entries<Block>(resource)) addAll(`${type}.`, byName);
  for (const [type, byName] of Object.entries<Block>(data)) addAll(`data.${type}.`, byName);
  for (const [kind, block] of Object.entries<Block>(others)) {
    if (kind === "terraform" || typeof block !== "object" || Array.isArray(block)) blocks.set(kind, block);
    else addAll(`${kind}.`, block);
  }
  return blocks;

  function addAll(prefix: string, byName: Block): void {
    for (const [name, block] of Object.entries(byName)) blocks.set(`${prefix}${name}`, block);
  }
}

/**
 * A hash of everything in the artifact that decides what a deployment of the stack creates: its resources, its zips and its
 * provider lock. The values of the contracts that it reads are not in the artifact, and not in the hash.
 */
export function fingerprint({ folder }: StackFolder): string {
  return hashOfFiles(filesOf(folder));
}

/** The same without the provider lock, which a rollback does not take back. */
export function buildHash({ folder }: StackFolder): string {
  return hashOfFiles(withoutLock(filesOf(folder)));
}

/** A file of a stack. */
interface StackFile {
  /** Relative to the folder of the stack. */
  name: string;
  /** Of the Terraform JSON, only what counts. */
  content: string | Buffer;
}

function withoutLock(files: StackFile[]): StackFile[] {
  return files.filter(({ name }) => name !== LOCK_FILE);
}

function hashOfFiles(files: StackFile[]): string {
  const hash = createHash("sha256");
  for (const { name, content } of files) hash.update(`${name}\0`).update(content);
  return hash.digest("hex");
}

/** The description of the stack, which is about people and commands, and what Terraform writes into a working copy and does not read as code. */
const NOT_CONTENTS = ["domain.json", "deploy.tfplan", "errored.tfstate", ".terraform.tfstate.lock.info"];

/** The files that synth wrote and that Terraform applies, sorted by name. */
function filesOf(folder: string): StackFile[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NOT_CONTENTS.includes(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter(isOfSynth);
  const contentOf = (name: string) =>
    basename(name) === "cdk.tf.json" ? JSON.stringify(resourcesOf(folder)) : readFileSync(join(folder, name));
  return names.sort().map((name) => ({ name, content: contentOf(name) }));
}

/** Whether synth wrote a file. The cdktf CLI runs Terraform in the artifact, and Terraform keeps its own folder there. */
export function isOfSynth(file: string): boolean {
  return !file.split(sep).includes(".terraform");
}

/** The JSON of a stack without its backend, and without what CDKTF notes everywhere under "//", such as the paths of constructs. */
function resourcesOf(folder: string): Block {
  const text = readFileSync(join(folder, "cdk.tf.json"), "utf8");
  const json = JSON.parse(text, (key, value) => (key === "//" ? undefined : value));
  const { backend: _, cloud: __, ...terraform } = json.terraform ?? {};
  return { ...json, terraform };
}

function withoutCode(address: string, block: Block): Block {
  if (!address.startsWith("aws_lambda_function.")) return block;
  const { source_code_hash: _, ...others } = block;
  return others;
}

function hashOf(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, HASH_LENGTH);
}
