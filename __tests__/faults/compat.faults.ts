import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessResult, runProcess } from "../../scripts/cli/process";
import type { StackDescription } from "../../shared/stack-description";
import { filesOf } from "../harness/clone";
import { eventually } from "../harness/eventually";
import { fakeProgram, pathWith } from "../harness/fake-program";
import { gitCopy } from "../harness/git-copy";
import { RunningCommand, running } from "../harness/project-copy";
import { temporaryFolder } from "../harness/temporary-folder";

const { folder: copy, git } = gitCopy();
const contract = join(copy, "domains/orders/contract.ts");
const original = readFileSync(contract, "utf8");

const compatWith = (variables: NodeJS.ProcessEnv, ...args: string[]): Promise<ProcessResult> =>
  runProcess(process.execPath, ["--import", "tsx", "scripts/commands/compat.ts", ...args], {
    cwd: copy,
    env: { ...process.env, ...variables },
  });
const compat = (...args: string[]) => compatWith({}, ...args);

afterEach(() => writeFileSync(contract, original));

/** The folders of exported commits that are there. */
const leftBehind = () => readdirSync(join(copy, ".build")).filter((name) => name.startsWith("commit-"));

test("a compatible change is reported in one line that names the event, and leaves no files", async () => {
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

test("an incompatible change fails, and reports every event with the field, the old and the new value, and the fix", async () => {
  writeFileSync(contract, original.replace(".max(1000)", ".max(999)"));
  git("tag", "--force", "deployed");
  const { exitCode, stderr } = await compat("--base", "deployed");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /order-placed v1, items\[\]\.quantity: maximum changed from 1000 to 999\..*define order-placed version 2 beside version 1/,
  );
  expect(stderr).toMatch(/ledger-entry-written v1, items\[\]\.quantity/);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(leftBehind()).toEqual([]);
});

test("a removed event that other domains use is reported with these domains", async () => {
  const stacks = join(copy, "cdktf.out/stacks");
  for (const stack of readdirSync(stacks)) {
    const file = join(stacks, stack, "domain.json");
    const description: StackDescription = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...description, events: description.events.filter(({ name }) => name !== "order-placed") }));
  }
  const { exitCode, stderr } = await compat("--base", "main", "--skip-synth");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/order-placed v1 was removed, but these domains use it in the base: checkout, ledger\./);
  expect(leftBehind()).toEqual([]);
});

test("an unknown base is an error that says how to name another one", async () => {
  expect(await compat()).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/origin\/main.*--base <ref>/) });
  expect(await compat("--base", "--all")).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/--base/) });
  expect(await compat("--base", "of-yesterday")).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/of-yesterday/) });
});

test("a base that git does not show for another reason than its absence is an error with git's own reason", async () => {
  // As in a folder of another user, which git calls "dubious ownership".
  const refusing = fakeProgram("git", "echo 'fatal: detected dubious ownership in repository' >&2; exit 128").folder;
  const { exitCode, stderr } = await compatWith({ PATH: pathWith(refusing) }, "--base", "main", "--skip-synth");
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/git says: fatal: detected dubious ownership/)]);
});

test("the base is synthesized into its own folder, whatever CDKTF_OUTDIR says", async () => {
  const elsewhere = join(temporaryFolder(), "elsewhere");
  expect(await compatWith({ CDKTF_OUTDIR: elsewhere }, "--base", "main")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(existsSync(elsewhere)).toBe(false);
});

test("Ctrl-C while the base is synthesized leaves no process and no folder", async () => {
  const command = new RunningCommand(copy, "compat", ["--base", "main", "--skip-synth"]);
  await eventually("base that is being synthesized", () =>
    leftBehind().some((folder) => readdirSync(join(copy, ".build", folder)).includes("main.ts")),
  );
  const ids = command.interrupt();
  expect((await command.ended()).exitCode).toBe(130);
  expect(running(ids)).toEqual([]);
  expect(leftBehind()).toEqual([]);
});
