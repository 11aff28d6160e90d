import { UserError } from "../../shared/errors";
import { runProcess } from "../cli/process";

/**
 * Checks the types and writes the artifact.
 * @throws UserError with what the compiler or synth found
 */
export async function build(): Promise<void> {
  const types = await runProcess("node_modules/.bin/tsc", []);
  if (types.exitCode !== 0) throw new UserError(`The types do not fit; nothing was written.\n${types.stdout}${types.stderr}`);
  const synth = await runProcess(process.execPath, ["--import", "tsx", "main.ts"]);
  if (synth.exitCode !== 0) throw new UserError(synth.stderr.trim());
}
