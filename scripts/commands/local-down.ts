import { runCommand } from "../cli/command";
import { isRunning, stopEmulator } from "../local/emulator";
import { forgetRun, readRun } from "../local/run";

const HELP = `
npm run local:down

Stops the local AWS that npm run local started, and removes its state and working copies.`;

void runCommand({ help: HELP }, async () => {
  const run = readRun();
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  if (run && run.pid === undefined)
    return write(`The emulator at ${run.endpoint} was not started here, and goes on. Stop it yourself; what it holds goes with it.`);
  if (run?.pid && isRunning(run.pid)) {
    await stopEmulator(run.pid);
    write(`Stopped the local AWS at ${run.endpoint}, and removed its state.`);
  } else write("Nothing runs.");
  forgetRun();
});
