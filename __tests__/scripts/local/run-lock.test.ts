import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lockLocalRun } from "../../../scripts/local/run-lock";
import { otherProgram } from "../../harness/fake-program";
import { runCode } from "../../harness/run-code";
import { temporaryFolder } from "../../harness/temporary-folder";

const folderAtStart = process.cwd();
afterEach(() => process.chdir(folderAtStart));

/** A clone in which a process with this id has the lock. */
function locked(pid: string): string {
  const folder = temporaryFolder({ ".build/local.pid": pid });
  process.chdir(folder);
  return join(folder, ".build/local.pid");
}

test("a second npm run local is an error that names the first, whose lock is kept", async () => {
  const first = otherProgram("/project/scripts/commands/local.ts");
  try {
    const lock = locked(String(first.pid));
    await expect(lockLocalRun()).rejects.toThrow(`An npm run local of this clone is running (process ${first.pid})`);
    expect(readFileSync(lock, "utf8")).toBe(String(first.pid));
  } finally {
    first.kill();
  }
});

test.each(["1", "999999999", "", "damaged"])("a lock whose process (%j) is no npm run local does not count", async (pid) => {
  const lock = locked(pid);
  await lockLocalRun();
  expect(readFileSync(lock, "utf8")).toBe(String(process.pid));
});

test("the lock ends with its process, whatever the exit code is", async () => {
  const cwd = temporaryFolder();
  const code = 'import { lockLocalRun } from "./local/run-lock"; void lockLocalRun().then(() => process.exit(3));';
  expect((await runCode(code, { cwd })).exitCode).toBe(3);
  expect(existsSync(join(cwd, ".build/local.pid"))).toBe(false);
});
