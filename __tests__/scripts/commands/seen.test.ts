import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { runProcess } from "../../../scripts/cli/process";
import { temporaryFolder } from "../../harness/temporary-folder";

const command = join(temporaryFolder(), "seen.js");
beforeAll(() => {
  const entryPoints = [join(__dirname, "../../../scripts/commands/seen.ts")];
  buildSync({ entryPoints, outfile: command, bundle: true, platform: "node", logLevel: "error" });
});

/** A test that passed. */
const passed = (file: string, line: number, title: string, ...groups: string[]) => ({ file: `__tests__/${file}`, line, groups, title });

const RESULTS = {
  unit: [
    passed("shared/triggers/queue-trigger.test.ts", 9, "accepts 2", "a batch size"),
    passed("shared/triggers/queue-trigger.test.ts", 9, "accepts 3", "a batch size"),
    passed("shared/triggers/queue-trigger.test.ts", 5, "is encrypted", "a queue"),
    passed("shared/lambda/nodejs-function.test.ts", 1, "is not about a trigger"),
    passed("conventions.test.ts", 1, "is true for every stack", "every queue is encrypted"),
    passed("conventions.test.ts", 2, "finds a queue without encryption", "every queue is encrypted"),
  ],
  drills: [
    passed("drills/queue.fifo.drill.ts", 1, "a group stays in order"),
    passed("drills/redrive.drill.ts", 1, "a dead letter comes back"),
    passed("drills/not-shown.drill.ts", 1, "an alarm, because it has no data"),
    passed("drills/not-shown.drill.ts", 1, "a retry, because it does not count"),
    passed("drills/not-shown.drill.ts", 8, "a kill, which another suite tests"),
  ],
  system: [passed("system/triggers.system.ts", 1, "queue: invokes its lambda")],
  roles: [passed("roles/deploy-roles.roles.ts", 1, "everything is destroyed")],
  faults: [passed("faults/deploy.faults.ts", 1, "stops after Ctrl-C", "npm run deploy")],
};

async function seen(results: Record<string, object[]>) {
  const files = Object.entries(results).map(([suite, tests]) => [`.build/results/${suite}.json`, JSON.stringify(tests)]);
  const cwd = temporaryFolder({ ...Object.fromEntries(files), "shared/triggers/queue-trigger.ts": "", "docs/seen.md": "" });
  const result = await runProcess(process.execPath, [command], { cwd });
  return { ...result, page: readFileSync(join(cwd, "docs/seen.md"), "utf8") };
}

test("the page has the number of rules for each trigger, and for the other subjects", async () => {
  const { page } = await seen(RESULTS);
  expect(page).toContain("| queue | 2 | 2 | none |");
  expect(page).toContain("- for every stack of every environment, checked in the JSON only: 1\n");
  expect(page).toContain("- for more than one trigger, tested on the local AWS: 1\n");
  expect(page).toContain("- for deploying everything under the deploy roles, tested on the local AWS: 1\n");
  expect(page).toContain("- for commands that fail or are interrupted, tested by running the commands: 1\n");
});

test("the page has the drills that the local AWS cannot show, with the reasons", async () => {
  const { page } = await seen(RESULTS);
  expect(page).toMatch(/cannot show\n[^#]*\n- an alarm, because it has no data\n- a retry, because it does not count\n$/);
});

test("all rules are printed, in the order of the tests, and the cases of one rule are printed once", async () => {
  const { exitCode, stdout } = await seen(RESULTS);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`queue, tested on the local AWS: 2
  - a group stays in order
  - invokes its lambda

queue, checked in the JSON only: 2
  a queue
    - is encrypted
  a batch size
    - accepts 2 (and 1 more)

every stack of every environment, checked in the JSON only: 1
  - every queue is encrypted (and 1 more)

more than one trigger, tested on the local AWS: 1
  - a dead letter comes back

deploying everything under the deploy roles, tested on the local AWS: 1
  - everything is destroyed

commands that fail or are interrupted, tested by running the commands: 1
  npm run deploy
    - stops after Ctrl-C

Wrote docs/seen.md.
`);
});

test("a suite without results is an error that says how to run it, and the page stays as it is", async () => {
  const { drills, ...others } = RESULTS;
  const { exitCode, stderr, page } = await seen(others);
  expect([exitCode, page]).toEqual([1, ""]);
  expect(stderr).toContain(
    'There are no results of the suite "drills". First run all of it: npm run drill, on a running system (npm run local)',
  );
});
