import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import { checkZips, type Stack, workingCopy } from "../artifact/artifact";
import { fingerprint, LOCK_FILE } from "../artifact/contents";
import type { Terraform } from "./terraform";

const OVERRIDE = "backend_override.tf.json";

export interface WorkingCopyOptions {
  /**
   * The folder for the working copies. It must be as deep below the project as `cdktf.out/stacks`, so that relative paths to
   * the state lead to the same place.
   */
  workFolder: string;
  /** A backend that replaces the backend of the artifact, for example on the local AWS. */
  backendOverride?: (stack: Stack) => object;
  /**
   * The fingerprint that a stack must have. A synth can change the artifact at any time.
   * @default the copy is what the artifact has
   */
  expectedFingerprint?: (stack: Stack) => string;
}

/**
 * @param options a lock file replaces the one of the artifact, and Terraform must not change it
 * @returns the folder of a working copy in which Terraform can plan
 */
export async function initializedCopy(
  stack: Stack,
  terraform: Terraform,
  { workFolder, backendOverride, expectedFingerprint, lockFile }: WorkingCopyOptions & { lockFile?: Buffer },
): Promise<string> {
  const folder = workingCopy(stack, workFolder);
  // Of an earlier run in this folder.
  rmSync(join(folder, OVERRIDE), { force: true });
  // Of the copy, because a synth can change the artifact at any time.
  checkZips([{ ...stack, folder }]);
  const expected = expectedFingerprint?.(stack);
  if (expected !== undefined && fingerprint({ folder }) !== expected) {
    throw new UserError(
      `${stack.stack}: another command has synthesized meanwhile, so the artifact is not what it was. Run the command again.`,
    );
  }
  const options = lockFile === undefined ? [] : ["-lockfile=readonly"];
  if (lockFile !== undefined) writeFileSync(join(folder, LOCK_FILE), lockFile);
  const backend = backendOverride?.(stack);
  if (!backend) {
    await terraform.init(folder, ...options);
    return folder;
  }
  writeFileSync(join(folder, OVERRIDE), JSON.stringify({ terraform: { backend } }));
  // Terraform remembers the backend of an earlier run in this folder. The override may name another.
  await terraform.init(folder, "-reconfigure", ...options);
  return folder;
}
