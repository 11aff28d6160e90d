import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { likeEmulator, otherProgram } from "../../harness/fake-program";
import { runCode } from "../../harness/run-code";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

/** Runs the command where a run with this process id is recorded. */
async function down(pid: number | undefined, cwd = temporaryFolder()) {
  writeFiles(cwd, { ".local/run.json": JSON.stringify({ id: "run", endpoint: "http://127.0.0.1:4999", pid }) });
  const { exitCode, stdout, stderr } = await runCode('import "./commands/local-down";', { cwd });
  return { exitCode, stdout, stderr, hasRecord: existsSync(join(cwd, ".local")) };
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

test("npm run local:down stops the recorded local AWS and deletes what it wrote", async () => {
  const project = temporaryFolder();
  const emulator = likeEmulator(project);
  const ended = once(emulator, "exit");
  expect(await down(emulator.pid, project)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Stopped/), hasRecord: false });
  await ended;
});

test("npm run local:down does not stop another program that has the recorded process id, as after a reboot", async () => {
  const other = otherProgram();
  expect(await down(other.pid)).toMatchObject({ exitCode: 0, stdout: "No local AWS is running.\n", hasRecord: false });
  expect(isRunning(other)).toBe(true);
  other.kill();
});

test("npm run local:down does not stop the local AWS of another clone, as after a copy of the folder", async () => {
  const other = likeEmulator(temporaryFolder());
  expect(await down(other.pid)).toMatchObject({ stdout: "No local AWS is running.\n", hasRecord: false });
  expect(isRunning(other)).toBe(true);
  other.kill();
});

test("npm run local:down does nothing while an npm run local of the clone is running, because that would leave its local AWS behind", async () => {
  const starting = otherProgram("/project/scripts/commands/local.ts");
  const project = temporaryFolder({ ".build/local.pid": String(starting.pid) });
  const { exitCode, stderr, hasRecord } = await down(1, project);
  starting.kill();
  expect([exitCode, hasRecord, stderr]).toEqual([1, true, expect.stringContaining(`is running (process ${starting.pid})`)]);
});

test("a recorded process that is gone is not an error", async () => {
  const gone = otherProgram();
  gone.kill();
  await once(gone, "exit");
  expect(await down(gone.pid)).toMatchObject({ exitCode: 0, stdout: "No local AWS is running.\n", hasRecord: false });
});
