import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessResult, runProcess } from "../../scripts/cli/process";
import { filesOf } from "../harness/clone";
import { eventually } from "../harness/eventually";
import { projectCopy, RunningCommand, running } from "../harness/project-copy";
import { temporaryFolder } from "../harness/temporary-folder";

const copy = projectCopy();
/** Where the command makes the base, so that a test sees what it leaves. */
const scratch = temporaryFolder();
const contract = join(copy, "domains/orders/contract.ts");
const original = readFileSync(contract, "utf8");

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], { cwd: copy, encoding: "utf8" }).trim();
const compat = (...args: string[]): Promise<ProcessResult> =>
  runProcess(process.execPath, ["--import", "tsx", "scripts/commands/compat.ts", ...args], {
    cwd: copy,
    env: { ...process.env, TMPDIR: scratch },
  });

beforeAll(() => {
  git("init", "--quiet", "--initial-branch", "main");
  git("add", "--all");
  git("commit", "--quiet", "--message", "the base");
});
afterEach(() => writeFileSync(contract, original));

/** Whatever tsx keeps there is not the command's. */
const leftBehind = () => readdirSync(scratch).filter((name) => name.startsWith("compat-"));

test("a change that messages in flight survive ends well, in one line that names the event, and leaves nothing behind", async () => {
  writeFileSync(
    contract,
    original.replace("items: z", "note: z.string().optional(),\n    items: z").replace("items: [{", 'note: "please", items: [{'),
  );
  const before = filesOf(join(copy, ".git"));
  const { exitCode, stdout, stderr } = await compat("--base", "main");
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^Compatible with [0-9a-f]{7}\. .*order-placed v1.*\n$/);
  expect(leftBehind()).toEqual([]);
  expect(filesOf(join(copy, ".git"))).toEqual(before);
});

test("a change that they do not survive fails, naming each event that has the field, what it was and is, and the fix", async () => {
  writeFileSync(contract, original.replace(".max(1000)", ".max(999)"));
  git("tag", "--force", "deployed");
  const { exitCode, stderr } = await compat("--base", "deployed");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/order-placed v1, items\[\]\.quantity: maximum was 1000, is 999.*define order-placed version 2 beside version 1/);
  expect(stderr).toMatch(/ledger-entry-written v1, items\[\]\.quantity/);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(leftBehind()).toEqual([]);
});

test("a base that is not there is an error that says how to name one", async () => {
  expect(await compat()).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/origin\/main.*--base <ref>/) });
  expect(await compat("--base", "--all")).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/--base/) });
  expect(await compat("--base", "of-yesterday")).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/of-yesterday/) });
});

test("Ctrl-C in the middle leaves no process and no folder", async () => {
  const command = new RunningCommand(copy, "compat", ["--base", "main", "--skip-synth"], { TMPDIR: scratch });
  await eventually("base that is synthesized", () => leftBehind().some((folder) => readdirSync(join(scratch, folder)).includes("main.ts")));
  const ids = command.interrupt();
  expect((await command.ended()).exitCode).toBe(130);
  expect(running(ids)).toEqual([]);
  expect(leftBehind()).toEqual([]);
});
