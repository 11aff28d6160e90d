import { existsSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";

/**
 * The file into which Terraform writes the state that it could not save, because a disk is full or the backend does not answer.
 * @see https://developer.hashicorp.com/terraform/cli/state/recover
 */
const UNSAVED_STATE = "errored.tfstate";

/** Whether Terraform left a state that it could not save in the folder of a stack. */
export function hasUnsavedState(folder: string): boolean {
  return existsSync(join(folder, UNSAVED_STATE));
}

/**
 * What to do about a state that Terraform could not save. Another deployment would create its resources a second time.
 * @param isWorkingCopy whether the folder is of no use any more afterwards. The folder of a stack in the artifact is.
 */
export function unsavedStateFix(folder: string, isWorkingCopy = true): string {
  const { TF_WORKSPACE } = process.env;
  const workspace = TF_WORKSPACE ? `TF_WORKSPACE=${TF_WORKSPACE} ` : "";
  return [
    `Terraform could not save the state. It is in ${join(folder, UNSAVED_STATE)}, and nowhere else. Do not deploy this stack again before you have saved it:`,
    `  ${workspace}terraform -chdir=${folder} state push ${UNSAVED_STATE}`,
    `If the old state file cannot be parsed, delete that file first. At the end, delete ${isWorkingCopy ? folder : join(folder, UNSAVED_STATE)}. docs/errors.md explains this.`,
  ].join("\n");
}

/**
 * Checks that no earlier deployment has left a state that is not saved.
 * @param workFolder the folder with the working copies of all deployments
 * @param stacks in whose folders the cdktf CLI may have deployed
 * @throws UserError with the commands that save the state
 */
export function checkUnsavedState(workFolder: string, stacks: Pick<Stack, "folder">[]): void {
  const copies = subfolders(workFolder).flatMap(subfolders).filter(hasUnsavedState);
  const ofCdktf = stacks.map(({ folder }) => folder).filter(hasUnsavedState);
  const fixes = [...copies.map((folder) => unsavedStateFix(folder)), ...ofCdktf.map((folder) => unsavedStateFix(folder, false))];
  if (fixes.length > 0) throw new UserError([...fixes, "Nothing was changed."].join("\n\n"));
}

/** Removes the working copies of a deployment, except those that have the only copy of a state. */
export function removeWorkingCopies(workFolder: string): void {
  const folders = subfolders(workFolder);
  for (const folder of folders) if (!hasUnsavedState(folder)) rmSync(folder, { recursive: true, force: true });
  if (subfolders(workFolder).length === 0) rmSync(workFolder, { recursive: true, force: true });
}

function subfolders(folder: string): string[] {
  // Another deployment can remove its working copies meanwhile.
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
