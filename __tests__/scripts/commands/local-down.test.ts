import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { likeEmulator, otherProgram } from "../../harness/fake-program";
import { runCode } from "../../harness/run-code";
import { temporaryFolder } from "../../harness/temporary-folder";

/** Runs the command where a run with this process id is recorded. */
async function down(pid: number | undefined) {
  const cwd = temporaryFolder({ ".local/run.json": JSON.stringify({ id: "run", endpoint: "http://127.0.0.1:4999", pid }) });
  const { exitCode, stdout, stderr } = await runCode('import "./commands/local-down";', { cwd });
  return { exitCode, stdout, stderr, hasRecord: existsSync(join(cwd, ".local")) };
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

test("npm run local:down stops the recorded local AWS and deletes what it wrote", async () => {
  const emulator = likeEmulator();
  const ended = once(emulator, "exit");
  expect(await down(emulator.pid)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Stopped/), hasRecord: false });
  await ended;
});

test("npm run local:down does not stop another program that has the recorded process id, as after a reboot", async () => {
  const other = otherProgram();
  expect(await down(other.pid)).toMatchObject({ exitCode: 0, stdout: "No local AWS is running.\n", hasRecord: false });
  expect(isRunning(other)).toBe(true);
  other.kill();
});

test("a recorded process that is gone is not an error", async () => {
  const gone = otherProgram();
  gone.kill();
  await once(gone, "exit");
  expect(await down(gone.pid)).toMatchObject({ exitCode: 0, stdout: "No local AWS is running.\n", hasRecord: false });
});
