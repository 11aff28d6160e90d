import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Lambda } from "@aws-sdk/client-lambda";
import { DeleteParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Stack } from "../../scripts/artifact/artifact";
import { type ProcessResult, runProcess } from "../../scripts/cli/process";
import type { PlanRecord } from "../../scripts/delivery/plan-record";
import { clientVariables } from "../../scripts/local/client-settings";
import { TERRAFORM, terraformEnvironment } from "../../scripts/terraform/provider";
import { eventually } from "../harness/eventually";
import { gitCopy } from "../harness/git-copy";
import { RunningCommand } from "../harness/project-copy";
import { runningSystem } from "../harness/running-system";
import { readJson } from "../harness/temporary-folder";

// The commands that change what runs, on the running system. Each test goes on from what the one before has left: a stack is deployed,
// changed, rolled back, and looked at.

const { run, stacks, settings, publishBoundary } = runningSystem();
const [first] = stacks as [Stack, ...Stack[]];
const lambdas = new Lambda(settings);
const ssm = new SSMClient(settings);

const HANDLER = "domains/notes/lambdas/take-note.ts";
const STACK = "domains/notes/stack.ts";
const handler = (text: string) => `export const handler = async () => ${JSON.stringify(text)};\n`;
const stackWith = ({ key = "id", greeting = "hello" } = {}) => `import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { Table } from "../../shared/resources/table";
import { notesContract } from "./contract";

export default class Notes extends DomainStack {
  protected define(): void {
    const { table } = new Table(this, "kept", { partitionKey: "${key}" });
    new NodejsFunction(this, "take-note", { environment: { SECRET_SAUCE: "${greeting}" } });
    this.publish(notesContract, { tableName: table.name, greeting: "${greeting}" });
  }
}
`;
const DOMAINS = {
  [STACK]: stackWith(),
  "domains/notes/contract.ts": `import { defineContract } from "../../shared/contract";

/** The table of notes. */
export const notesContract = defineContract({ domain: "notes", version: 1, parameters: ["tableName", "greeting"] });
`,
  [HANDLER]: handler("one"),
  "domains/boards/stack.ts": `import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { notesContract } from "../notes/contract";

export default class Boards extends DomainStack {
  protected define(): void {
    new NodejsFunction(this, "show-board", { environment: { GREETING: this.read(notesContract).greeting } });
  }
}
`,
  "domains/boards/lambdas/show-board.ts": handler("board"),
};

const { folder, git, commit } = gitCopy(DOMAINS);
/** As in a shell with the variables of `npm run local:env`. */
const env: NodeJS.ProcessEnv = { ...process.env, ...clientVariables(run, first), TF_WORKSPACE: "local" };
let removeBoundaries: (() => Promise<unknown>)[] = [];

/** Runs a command of the copy, as `npm run` does. */
function command(name: string, args: string[], variables: NodeJS.ProcessEnv = {}): Promise<ProcessResult> {
  const program = ["--import", "tsx", `scripts/commands/${name}.ts`, ...args];
  return runProcess(process.execPath, program, { cwd: folder, env: { ...env, ...variables } });
}
/** Runs a command that must succeed. @returns what it prints */
async function successful(name: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await command(name, args);
  if (exitCode !== 0) throw new Error(`${name} ${args.join(" ")} ended with ${exitCode}:\n${stdout}${stderr}`);
  return stdout;
}
const state = () => readJson(join(folder, ".state/notes-int/local/terraform.tfstate"));
const recordFile = join(folder, ".deploy/plans/notes-int/record.json");
const functionOf = (lambda: string) => lambdas.getFunctionConfiguration({ FunctionName: lambda });

beforeAll(async () => {
  removeBoundaries = [await publishBoundary("notesBoundaryArn"), await publishBoundary("boardsBoundaryArn")];
}, 30_000);
afterAll(async () => {
  await Promise.all(removeBoundaries.map((remove) => remove()));
  const names = ["head", "1", "2"].flatMap((part) => ["notes", "boards"].map((domain) => `/shop/int/${domain}/version/${part}`));
  for (const Name of names) await ssm.send(new DeleteParameterCommand({ Name })).catch(() => {});
}, 120_000);

describe("npm run plan", () => {
  test("shows a stack that reads what another one has yet to publish, from what is synthesized, and plans it when that has happened", async () => {
    const shown = await successful("plan", "notes-int", "boards-int");
    expect(shown).toMatch(/^1 of 2 stacks change; 0 to change, 10 to add, 0 to replace, 0 to destroy; 0 dangerous; 1 planned later$/m);
    expect(shown).toMatch(/^boards-int {3}planned after notes-int {3}because it was never deployed$/m);
    // Until the contract is there.
    const waiting = command("plan", ["boards-int", "--wait", "60s", "--skip-synth"]);
    await successful("apply", "notes-int", "--yes", "--skip-synth");
    expect(await waiting).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^boards-int {3}new, 0 to change, \d+ to add/m) });
    await successful("apply", "boards-int", "--yes", "--skip-synth");
    expect(await functionOf("shop-boards-int-show-board")).toMatchObject({ Environment: { Variables: { GREETING: "hello" } } });
  }, 180_000);

  test("of a contract that never comes is an error that names it and its owner", async () => {
    const name = "/shop/int/notes/v1/greeting";
    const { exitCode, stderr } = await command("plan", ["orders-int", "--wait", "nothing", "--skip-synth"]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('--wait is "nothing", but a period is a number and s, m or h')]);
    await ssm.send(new DeleteParameterCommand({ Name: name }));
    const missing = await command("plan", ["boards-int", "--wait", "1s", "--skip-synth", "--force"]);
    expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringMatching(new RegExp(`${name}[\\s\\S]*deploy -- .*notes-int`))]);
    await successful("deploy", "notes-int", "--yes", "--skip-synth", "--force");
  });
});

describe("npm run deploy", () => {
  test("of stacks that run as they are starts no Terraform", async () => {
    const { exitCode, stdout } = await command("deploy", ["notes-int", "boards-int", "--yes", "--skip-synth"], {
      TERRAFORM_BINARY_NAME: "terraform-of-nowhere",
    });
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining("Nothing to do: notes-int, boards-int run as they are in this checkout."),
    ]);
  });

  test("without a terminal and without --yes refuses, like every command that changes something", async () => {
    for (const name of ["deploy", "apply", "rollback"]) {
      expect(await command(name, ["notes-int"])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Pass --yes") });
    }
  });
});

describe("npm run apply", () => {
  test("of a change of one line changes the function and its alias, and nothing else", async () => {
    commit("another text", { [HANDLER]: handler("two") });
    const shown = await successful("plan", "notes-int", "boards-int");
    expect(shown).toMatch(/^1 of 2 stacks change; 2 to change, 0 to add, 0 to replace, 0 to destroy; 0 dangerous$/m);
    expect(shown).toMatch(/because take-note's bundle changes \(domains\/notes\/lambdas\/take-note\.ts\)$/m);
    expect(shown).toMatch(/~ aws_lambda_function\.take-note_function_\w+ {3}code/);
    expect(shown).toMatch(/^boards-int {3}nothing to change$/m);
  });

  describe("refuses a plan before anything is changed, and names what differs, if", () => {
    const record = (): PlanRecord => readJson(recordFile);
    const refused = async (pattern: RegExp, args: string[] = []) => {
      const before = state().serial;
      const { exitCode, stderr } = await command("apply", ["notes-int", "--yes", "--skip-synth", ...args]);
      expect([exitCode, stderr]).toEqual([1, expect.stringMatching(pattern)]);
      expect(state().serial).toBe(before);
    };

    test.each<[string, Partial<PlanRecord>, RegExp]>([
      ["the stack", { stack: "boards-int" }, /the stack: planned with boards-int, but it is notes-int/],
      ["the workspace", { workspace: "default" }, /the workspace: planned with default, but it is local/],
      ["the account", { account: "222222222222" }, /the account: planned with 222222222222, but it is 111111111111/],
      ["the region", { region: "us-east-1" }, /the region: planned with us-east-1/],
      ["the commit", { commit: "0".repeat(40) }, /the commit: planned with 0000000, but it is [0-9a-f]{7}/],
      ["the artifact", { fingerprint: "0".repeat(64) }, /the artifact: planned with 000000000000/],
      ["Terraform", { terraform: "1.10.0" }, /Terraform: planned with 1\.10\.0/],
      ["the lineage of the state", { state: { lineage: "other", serial: 1 } }, /the state: planned with serial 1 of the lineage other/],
      ["the lock file's hash", { lockFile: "0".repeat(64) }, /the bytes of the lock file/],
      ["the plan's hash", { plan: "0".repeat(64) }, /the bytes of the plan: planned with 0{64}/],
      [
        "a contract",
        { contractValues: { "/shop/int/ledger/v1/tableName": "x" } },
        /the contract \/shop\/int\/ledger\/v1\/tableName: planned with x/,
      ],
    ])("the record has another value for %s", async (_, change, pattern) => {
      const text = readFileSync(recordFile, "utf8");
      writeFileSync(recordFile, JSON.stringify({ ...record(), ...change }));
      await refused(pattern);
      writeFileSync(recordFile, text);
    });

    test.each(["plan.tfplan", "terraform.lock.hcl"])("%s has other bytes", async (name) => {
      const file = join(folder, ".deploy/plans/notes-int", name);
      const bytes = readFileSync(file);
      writeFileSync(file, Buffer.concat([bytes, Buffer.from(" ")]));
      await refused(/the bytes of the (plan|lock file): planned with/);
      writeFileSync(file, bytes);
    });

    test("both the plan and its record were replaced, but the caller knows the hash", async () => {
      await refused(/the bytes of the plan \(--expect\): planned with 123/, ["--expect", "plan=123"]);
      await refused(/the fingerprint in its record \(--expect\): planned with 456/, ["--expect", "fingerprint=456"]);
      await refused(/its plans that may be applied are in .*, but this one is in s3:\/\/elsewhere/, [
        "--expect",
        "location=s3://elsewhere/",
      ]);
      await refused(/--expect is "hash=1", but its form is/, ["--expect", "hash=1"]);
    });

    test("the checkout is at another commit, or has changes", async () => {
      writeFileSync(join(folder, HANDLER), handler("three"));
      await refused(/the commit: planned with [0-9a-f]{7}, but it is [0-9a-f]{7} and changes that are not committed/);
      git("checkout", "--quiet", HANDLER);
    });

    test("it is not complete", async () => {
      const text = readFileSync(recordFile, "utf8");
      writeFileSync(recordFile, text.slice(0, 100));
      await refused(/there is no complete plan in .*Plan again: npm run plan -- notes-int/);
      writeFileSync(recordFile, text);
    });
  });

  test("twice at the same time applies it once, the second says that its plan is too old, and a third has nothing to do", async () => {
    const both = await Promise.all([1, 2].map(() => command("apply", ["notes-int", "--yes", "--skip-synth"])));
    expect(both.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
    const failed = both.find(({ exitCode }) => exitCode === 1);
    expect(`${failed?.stdout}${failed?.stderr}`).toMatch(/saved plan is stale|state lock|the state: planned with serial/i);
    const again = await command("apply", ["notes-int", "--yes", "--skip-synth"]);
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Nothing to do: notes-int") });
  });

  test("that is interrupted leaves no lock, refuses the old plan when it is run again, and a new plan finishes it", async () => {
    commit("a text that is interrupted", { [HANDLER]: handler("interrupted") });
    await successful("plan", "notes-int");
    const lock = join(folder, ".state/notes-int/local/.terraform.tfstate.lock.info");
    const apply = new RunningCommand(folder, "apply", ["notes-int", "--yes", "--skip-synth"], env);
    await eventually("apply that has begun", () => existsSync(lock) || apply.hasEnded, 60);
    apply.interrupt();
    expect(await apply.ended()).toMatchObject({ exitCode: 130, output: expect.stringContaining("Stopped.") });
    expect(existsSync(lock)).toBe(false);

    const again = await command("apply", ["notes-int", "--yes", "--skip-synth"]);
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/the state: planned with serial \d+ .*Plan again: npm run plan -- notes-int/s),
    });
    await successful("plan", "notes-int", "--skip-synth");
    await successful("apply", "notes-int", "--yes", "--skip-synth");
    expect(await successful("deploy", "notes-int", "--yes", "--skip-synth")).toContain("Nothing to do: notes-int");
  });

  test("of a new contract value names the stacks that read it, and they are affected from then on", async () => {
    commit("another greeting", { [STACK]: stackWith({ greeting: "good day" }) });
    const shown = await successful("plan", "notes-int");
    // The greeting is in the environment of the lambda, too, whose values are never shown. A contract's value is public.
    expect(shown).toMatch(/aws_lambda_function\.take-note_function_\w+ {3}environment/);
    expect(`${shown}${readFileSync(recordFile, "utf8")}`.replaceAll(/.*insecure_value.*/g, "")).not.toContain("good day");
    const applied = await successful("apply", "notes-int", "--yes", "--skip-synth");
    expect(applied).toContain("/shop/int/notes/v1/greeting has another value. Read by boards-int, which are affected from now on.");
    const affected = JSON.parse(await successful("affected", "boards-int", "--deployed", "--json", "--skip-synth"));
    expect(affected.affected).toEqual([
      { stack: "boards-int", reasons: [{ code: "contract-value", detail: "/shop/int/notes/v1/greeting has another value" }] },
    ]);
    expect(await successful("deploy", "boards-int", "--yes", "--skip-synth")).toMatch(/boards-int: deployed/);
  });

  test("of a table that is replaced needs its name, and a name that is not one of a danger is refused", async () => {
    commit("another key", { [STACK]: stackWith({ key: "name", greeting: "good day" }) });
    const shown = await successful("plan", "notes-int");
    expect(shown).toMatch(/^DANGEROUS\nnotes-int\n {2}aws_dynamodb_table\.\S+ {3}hash_key \(id → name\) replaces the table and its data$/m);
    const [, option = ""] = /npm run apply -- notes-int --accept (\S+)$/m.exec(shown) ?? [];
    const refused = await command("apply", ["notes-int", "--yes", "--skip-synth"]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`--yes --accept ${option}`) });
    const mistaken = await command("apply", ["notes-int", "--yes", "--skip-synth", "--accept", option, "--accept", "aws_sqs_queue.x"]);
    expect(mistaken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--accept names aws_sqs_queue.x") });
    await successful("apply", "notes-int", "--yes", "--skip-synth", "--accept", option);
  });
});

describe("npm run status", () => {
  test("shows the commit that last changed a stack, and how far this checkout is from it", async () => {
    const [notes, boards] = ["notes-int", "boards-int"].map((id) => id);
    commit("a page", { "docs/page.md": "text" });
    commit("four", { [HANDLER]: handler("four") });
    const rows = JSON.parse(await successful("status", notes ?? "", boards ?? "", "--json"));
    const [ofNotes, ofBoards] = ["notes", "boards"].map((domain) => rows.find((row: { domain: string }) => row.domain === domain));
    expect(ofNotes).toMatchObject({ here: git("rev-parse", "--short=7", "HEAD"), notes: ["int is 2 commits behind"] });
    expect(ofNotes.running.int).toMatch(new RegExp(`^${git("rev-parse", "--short=7", "HEAD~2")} +\\d+ min ago$`));
    expect(ofBoards.notes).toEqual([]);
    expect(ofBoards.here).toBe(ofBoards.running.int.slice(0, 7));
  });
});

describe("npm run rollback", () => {
  test("deploys what ran before, and holds the stack until it is released", async () => {
    await successful("deploy", "notes-int", "--yes");
    const [before, after] = [git("rev-parse", "--short=7", "HEAD~2"), git("rev-parse", "--short=7", "HEAD")];
    const rolledBack = await successful("rollback", "notes-int", "--yes", "--skip-synth");
    expect(rolledBack).toContain(`Roll notes-int back from ${after} to ${before}`);
    expect(rolledBack).toContain("A rollback cannot undo:");
    const [{ running, notes }] = JSON.parse(await successful("status", "notes-int", "--json", "--skip-synth"));
    expect([running.int, notes]).toEqual([`held at ${before}`, expect.arrayContaining([`rolled back from ${after}`])]);

    const refused = await command("deploy", ["notes-int", "--yes", "--skip-synth"]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("npm run rollback -- --release notes-int") });
    expect(await successful("rollback", "--release", "notes-int", "--yes", "--skip-synth")).toContain("notes-int is released");
    expect(await successful("deploy", "notes-int", "--yes", "--skip-synth")).toMatch(/notes-int: deployed, 2 changes/);
  }, 180_000);

  test("to a commit that did not run, or that does not give what ran, is refused", async () => {
    const page = git("rev-parse", "HEAD~1");
    const never = await command("rollback", ["notes-int", page, "--yes", "--skip-synth"]);
    expect(never).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/as far as its record knows, not [0-9a-f]{7} ran before[\s\S]*It ran:/),
    });
    expect(await command("rollback", ["int", "--yes", "--skip-synth"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("is an environment"),
    });
    expect(await command("rollback", ["--release", "notes-int", "--yes", "--skip-synth"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("notes-int is not held"),
    });
  });

  test("is refused if a stack that runs reads what the earlier form does not publish", async () => {
    const contract = join(folder, "domains/notes/contract.ts");
    const text = readFileSync(contract, "utf8");
    commit("a parameter more", {
      "domains/notes/contract.ts": text.replace('"greeting"]', '"greeting", "extra"]'),
      [STACK]: stackWith({ key: "name", greeting: "good day" }).replace(
        'greeting: "good day" });',
        'greeting: "good day", extra: "more" });',
      ),
      "domains/boards/stack.ts": DOMAINS["domains/boards/stack.ts"].replace(".greeting", ".extra"),
    });
    await successful("deploy", "notes-int", "boards-int", "--yes");
    const { exitCode, stderr } = await command("rollback", ["notes-int", "--yes", "--skip-synth"]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/cannot be rolled back[\s\S]*extra of contract v1 of notes was removed, but boards-int reads it/),
    ]);
  }, 180_000);
});

describe("npm run drift", () => {
  test("finds what somebody has changed or deleted in AWS, and ends with 2", async () => {
    expect(await command("drift", ["notes-int", "--skip-synth"])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("as it was deployed"),
    });
    await lambdas.updateFunctionConfiguration({ FunctionName: "shop-notes-int-take-note", MemorySize: 512 });
    const { exitCode, stdout } = await command("drift", ["notes-int", "boards-int", "--skip-synth"]);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/~ aws_lambda_function\.take-note_function_\w+ {3}memory_size \(256 → 512\)$/m);
    expect(stdout).toMatch(/^boards-int {3}as it was deployed$/m);
  });
});

test("a stack that something else has changed is unknown in the status, affected, and recorded again by the next deployment", async () => {
  const file = join(folder, ".state/notes-int/local/terraform.tfstate");
  writeFileSync(file, JSON.stringify({ ...state(), serial: state().serial + 1 }));
  const [{ running }] = JSON.parse(await successful("status", "notes-int", "--json", "--skip-synth"));
  expect(running.int).toBe("unknown: changed outside");
  expect(await successful("affected", "notes-int", "--deployed", "--skip-synth")).toMatch(
    /\(changed-outside\)\n {4}its state has the serial/,
  );
  await successful("deploy", "notes-int", "--yes", "--skip-synth");
  expect(await successful("affected", "notes-int", "--deployed", "--skip-synth")).toContain("Nothing is affected");
});

test("a deleted domain is named, and nothing destroys it", async () => {
  await destroy("boards-int");
  git("rm", "-r", "--quiet", "domains/boards");
  const { deleted } = JSON.parse(await successful("affected", "int", "--deployed", "--json"));
  expect(deleted).toEqual(["boards-int"]);
  expect(await successful("status", "--skip-synth")).toMatch(/boards .*deleted .*docs\/retiring\.md/);
  expect(await functionOf("shop-notes-int-take-note")).toBeDefined();
  await destroy("notes-int");
}, 240_000);

async function destroy(id: string): Promise<void> {
  const cwd = join(folder, "cdktf.out/stacks", id);
  const variables = { ...env, ...terraformEnvironment(), TF_WORKSPACE: "local" };
  for (const args of [
    ["init", "-input=false"],
    ["destroy", "-auto-approve"],
  ]) {
    const { exitCode, stderr } = await runProcess(TERRAFORM, args, { cwd, env: variables });
    expect([exitCode, stderr]).toEqual([0, ""]);
  }
}
