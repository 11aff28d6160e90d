import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { deployedStackId } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { parseJson } from "../cli/json";

/** Everything that a local run writes, except Terraform's state. */
export const LOCAL_FOLDER = ".local";

/** Terraform's working copies of the stacks. */
export const WORK_FOLDER = join(LOCAL_FOLDER, "stacks");

/** Terraform's workspace of a local run. It keeps the local state apart from the state of a real account. */
export const WORKSPACE = "local";

const STATE_FOLDER = ".state";

/** What the place of a state depends on. */
type StateOwner = Pick<Stack, "domain" | "formerly" | "environment">;

/** The file with the local state of a stack. Terraform's local backend keeps the state of a workspace in this place. */
export function statePath(stack: StateOwner): string {
  return resolve(STATE_FOLDER, deployedStackId(stack), WORKSPACE, "terraform.tfstate");
}

/** What the local state of a stack says: the part of Terraform's state file, version 4, that this project reads. */
export interface LocalState {
  /** The number that Terraform increases with every change of the state. */
  serial: number;
  outputs: Record<string, { value: string }>;
  resources: { mode: "managed" | "data"; type: string; name: string; instances: { attributes: { arn?: unknown } }[] }[];
}

/** The local state of a stack, or undefined when the stack has none. Terraform takes a second to print it; the file is at hand. */
export function readLocalState(stack: StateOwner): LocalState | undefined {
  const file = statePath(stack);
  return existsSync(file) ? parseJson(readFileSync(file, "utf8")) : undefined;
}

/** Deletes everything that a local run wrote: working copies, records, logs and state. Keeps the state of real accounts. */
export function deleteLocalFiles(): void {
  rmSync(LOCAL_FOLDER, { recursive: true, force: true });
  if (!existsSync(STATE_FOLDER)) return;
  for (const entry of readdirSync(STATE_FOLDER, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(STATE_FOLDER, entry.name);
    rmSync(join(folder, WORKSPACE), { recursive: true, force: true });
    deleteIfEmpty(folder);
  }
  deleteIfEmpty(STATE_FOLDER);
}

function deleteIfEmpty(folder: string): void {
  // Not if it is a link, or a disk of its own.
  if (readdirSync(folder).length > 0 || lstatSync(folder).isSymbolicLink()) return;
  try {
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
  }
}
