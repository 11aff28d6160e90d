import { runCommand } from "./command";
import { isRunning, stopEmulator } from "./emulator";
import { forgetRun, readRun } from "./local-run";

const HELP = `
npm run local:down

Stops the local AWS that npm run local started, and removes its state and working copies.`;

void runCommand(HELP, {}, async () => {
  const run = readRun();
  if (run && run.pid === undefined)
    return void process.stdout.write(
      `The emulator at ${run.endpoint} was not started here, and goes on. Stop it yourself; what it holds goes with it.\n`,
    );
  if (run?.pid && isRunning(run.pid)) {
    await stopEmulator(run.pid);
    process.stdout.write(`Stopped the local AWS at ${run.endpoint}, and removed its state.\n`);
  } else process.stdout.write("Nothing runs.\n");
  forgetRun();
});
