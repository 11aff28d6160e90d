import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { type ProcessResult, runProcess } from "../cli/process";
import { ARTIFACT } from "./artifact";
import { replaceArtifact } from "./replace-artifact";

/**
 * Checks the types and synthesizes, side by side. The artifact changes only when both have succeeded: until then, the new
 * one is in a folder of its own.
 * @param signal when aborted, the artifact does not change
 * @throws UserError with all errors of the compiler and of synth
 */
export async function build(signal: AbortSignal): Promise<void> {
  if (process.stderr.isTTY) process.stderr.write("Checking the types and synthesizing…\n");
  mkdirSync(".build", { recursive: true });
  // Each build has its own folder, because two may run at the same time.
  const folder = mkdtempSync(resolve(".build", "artifact-"));
  try {
    // Neither is interrupted by Ctrl-C. They take seconds, and remove their own temporary files when they end.
    const [types, synth] = await Promise.all([checkTypes(), synthesize(folder)]);
    signal.throwIfAborted();
    throwErrors(types, synth);
    replaceArtifact(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One thread. With more, the compiler competes with synth for the processors, and on a machine with two processors both end later. */
function checkTypes(): Promise<ProcessResult> {
  return runProcess("node_modules/.bin/tsc", ["--singleThreaded"]);
}

function synthesize(folder: string): Promise<ProcessResult> {
  const { program, args, env } = synthCommand(folder);
  return runProcess(program, args, { env });
}

/** The command that synthesizes a project into a folder, whatever the shell says about both. */
export function synthCommand(folder: string): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
  // With SYNTH_HCL_OUTPUT, CDKTF writes another file, which Terraform reads beside the JSON.
  const { SYNTH_HCL_OUTPUT: _, ...env } = process.env;
  return { program: process.execPath, args: ["--import", "tsx", "main.ts"], env: { ...env, CDKTF_OUTDIR: folder } };
}

function throwErrors(types: ProcessResult, synth: ProcessResult): void {
  const errors: string[] = [];
  if (types.exitCode !== 0) errors.push(`The type check failed:\n\n${types.stdout}${types.stderr}`);
  if (synth.exitCode !== 0) errors.push(`Synth failed:\n\n${synth.stderr}`);
  if (errors.length === 0) return;
  throw new UserError([...errors, `${ARTIFACT} was not changed.`].map((text) => text.trim()).join("\n\n"));
}
