import { runCommand } from "../cli/command";
import { isEmulator, stopEmulator } from "../local/emulator";
import { deleteLocalFiles } from "../local/files";
import { readRun } from "../local/run";
import { checkNoLocalRun } from "../local/run-lock";

const HELP = `
npm run local:down

Stops the local AWS that npm run local started, and deletes its state and working copies.`;

void runCommand({ help: HELP }, async () => {
  process.stdout.write(`${await stopLocalAws()}\n`);
});

/** @returns a sentence that says what was done */
async function stopLocalAws(): Promise<string> {
  await checkNoLocalRun();
  const run = readRun();
  if (run && run.pid === undefined)
    return `The emulator at ${run.endpoint} was not started by npm run local, so it keeps running. If you stop it, everything that is deployed to it is lost.`;
  if (!run?.pid || !(await isEmulator(run.pid))) {
    deleteLocalFiles();
    return "No local AWS is running.";
  }
  await stopEmulator(run.pid);
  deleteLocalFiles();
  return `Stopped the local AWS at ${run.endpoint} and deleted its state.`;
}
