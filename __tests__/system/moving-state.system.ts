import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import type { Stack } from "../../scripts/artifact/artifact";
import { runProcess } from "../../scripts/cli/process";
import { clientVariables } from "../../scripts/local/client-settings";
import { statePath } from "../../scripts/local/files";
import { explained } from "../../scripts/terraform/explained-errors";
import { checkOtherStates } from "../../scripts/terraform/other-states";
import { terraformEnvironment } from "../../scripts/terraform/provider";
import { TerraformError } from "../../scripts/terraform/terraform";
import { stateBucket, stateFile, stateKey } from "../../shared/naming";
import { eventually } from "../harness/eventually";
import { commandsUnder } from "../harness/page";
import { projectCopy } from "../harness/project-copy";
import { newOrder, runningSystem } from "../harness/running-system";
import { inFolder, readJson } from "../harness/temporary-folder";

const { run, stacks, settings, request, ledgerEntry } = runningSystem();
/** The stack of which the page's commands are the example. */
const first = stacks.find(({ domain }) => domain === "shared") as Stack;
const bucket = stateBucket(first);
const s3 = new S3({ ...settings, forcePathStyle: true });

/** A copy of the project whose states, in `.state`, are those of the running system. */
const copy = projectCopy();
const config = join(copy, "project.config.ts");
const original = readFileSync(config, "utf8");
const fileOf = ({ stack }: Stack) => join(copy, stateFile(stack));

const [synth = "", init = "", plan = "", bootstrap = "", , migrate = ""] = commandsUnder("state.md", "Moving the states").map(forOneStack);

/** A loop over all stacks as the command for one of them, because the tests work at several at the same time. */
function forOneStack(command: string): string {
  return /^for stack in .*; do (.*) \|\| break; done$/.exec(command)?.[1] ?? command;
}

let env: NodeJS.ProcessEnv;
beforeAll(() => {
  env = { ...terraformEnvironment(), ...clientVariables(run, first), TF_CLI_ARGS: "-no-color" };
  mkdirSync(join(copy, ".state"));
  for (const stack of stacks) copyFileSync(statePath(stack), fileOf(stack));
});

/** Types a command of the page into a shell, in the copy. In a loop, it is for this stack. */
async function type(command: string, { stack = first, input = "yes yes" } = {}) {
  const variables = { ...env, stack: `cdktf.out/stacks/${stack.stack}` };
  const { exitCode, stdout, stderr } = await runProcess("bash", ["-c", `${input} | ${command}`], { cwd: copy, env: variables });
  return { exitCode, output: stdout + stderr };
}

/** Sets the kind of state in project.config.ts, and synthesizes. */
async function choose(kind: "local" | "s3"): Promise<void> {
  writeFileSync(config, original.replace('{ kind: "local" }', `{ kind: "${kind}" }`));
  expect(await type(synth)).toMatchObject({ exitCode: 0 });
  // The emulator has no host name for each bucket.
  env = { ...env, TF_CLI_ARGS_init: kind === "s3" ? "-backend-config=use_path_style=true" : undefined };
}

/** Runs a step for each of these stacks, a few at the same time. */
async function forEach(some: Stack[], step: (stack: Stack) => Promise<void>): Promise<void> {
  const left = [...some];
  const work = async () => {
    for (let stack = left.shift(); stack; stack = left.shift()) await step(stack);
  };
  await Promise.all([work(), work(), work()]);
}

/** Lets Terraform move the state of a stack, and checks that it then plans nothing and has all the resources. */
async function move(stack: Stack): Promise<void> {
  const moved = await type(migrate, { stack });
  expect([stack.stack, moved]).toEqual([stack.stack, { exitCode: 0, output: expect.stringContaining("successfully") }]);
  expectUnchanged(stack, await type(plan, { stack }));
}

/** Checks that a plan is empty, but for the permissions of deploy roles: they depend on where the state is. */
function expectUnchanged({ stack }: Stack, { exitCode, output }: { exitCode: number | undefined; output: string }): void {
  const changed = [...output.matchAll(/# (\S+) (will be|must be) /g)].map(([, address]) => address);
  const others = changed.filter((address) => !/^aws_iam_role_policy\..*-deploy_(plan|apply)-policy_/.test(address ?? ""));
  const isEmpty = output.includes("No changes.") || (changed.length > 0 && others.length === 0);
  expect([stack, exitCode, others, isEmpty ? "" : output]).toEqual([stack, 0, [], ""]);
}

const resourcesOf = (state: { resources: unknown[] }) => state.resources.length;
const stateInS3 = async ({ domain }: Stack) => {
  const { Body } = await s3.getObject({ Bucket: bucket, Key: stateKey(domain) });
  return JSON.parse((await Body?.transformToString()) ?? "");
};

describe("the states of the running system", () => {
  test("move to S3 one after the other, and the move can stop between two stacks and go on", async () => {
    await choose("local");
    await forEach(stacks, async (stack) => expect(await type(init, { stack })).toMatchObject({ exitCode: 0 }));
    await choose("s3");
    expect(await type(`${bootstrap} --yes`)).toMatchObject({ exitCode: 0 });

    const [last = first, ...others] = [...stacks].reverse();
    await forEach(others, move);
    const refused = inFolder(copy, () => checkOtherStates([{ ...last, folder: join(copy, last.folder) }], () => s3));
    await expect(refused).rejects.toThrow(`${last.stack}: ${stateFile(last.stack)} has `);
    await move(last);
  }, 300_000);

  test("are complete in S3, and the old ones are not deleted", async () => {
    for (const stack of stacks) {
      expect(readFileSync(fileOf(stack), "utf8")).toBe(readFileSync(statePath(stack), "utf8"));
      expect(resourcesOf(await stateInS3(stack))).toBe(resourcesOf(readJson(fileOf(stack))));
    }
  });
});

describe("in S3", () => {
  const page = (heading: string) => commandsUnder("state.md", heading);

  test("a lock says who holds it and since when, and the command of the page releases it", async () => {
    const lock = {
      ID: "6f1b6e0e-0a35-4b8c-8a3c-1d1a2f5a7c11",
      Operation: "OperationTypeApply",
      Info: "",
      Who: "ann@laptop",
      Version: "1.11.4",
    };
    const Key = `${stateKey(first.domain)}.tflock`;
    await s3.putObject({
      Bucket: bucket,
      Key,
      Body: JSON.stringify({ ...lock, Created: "2026-11-01T09:30:00Z", Path: `${bucket}/${Key}` }),
    });
    const { exitCode, output } = await type(plan);
    expect(exitCode).toBe(1);
    const error = new TerraformError([{ summary: "terraform plan failed", detail: output.replaceAll(/^[│╷╵] ?/gm, "") }]);
    expect(explained(first, error)).toContain(
      `→ The state of ${first.stack} is locked by ann@laptop since 2026-11-01 09:30:00 +0000 UTC (OperationTypeApply). Wait until that ends`,
    );

    const [, release = ""] = page("A lock that nobody holds");
    expect(await type(release)).toMatchObject({ exitCode: 0, output: expect.stringContaining("successfully unlocked") });
    expect(await type(plan)).toMatchObject({ exitCode: 0 });
  });

  test("an earlier version of a state comes back with the commands of the page", async () => {
    const Key = stateKey(first.domain);
    const right = await stateInS3(first);
    await s3.putObject({ Bucket: bucket, Key, Body: JSON.stringify({ ...right, serial: right.serial + 1, resources: [] }) });

    const [list, get, , push = "", planAgain = "", remove = ""] = page("Going back to an earlier version of the state");
    expect(list).toContain(`aws s3api list-object-versions --bucket ${bucket} --prefix ${Key} --query "Versions[?Key=='${Key}']`);
    const { Versions = [] } = await s3.listObjectVersions({ Bucket: bucket, Prefix: Key });
    const VersionId = Versions.find(({ IsLatest }) => !IsLatest)?.VersionId;
    expect(get).toBe(`aws s3api get-object --bucket ${bucket} --key ${Key} --version-id "…" earlier.tfstate`);
    const { Body } = await s3.getObject({ Bucket: bucket, Key, VersionId });
    writeFileSync(join(copy, "earlier.tfstate"), (await Body?.transformToString()) ?? "");
    expect(await type(push)).toMatchObject({ exitCode: 0 });
    expectUnchanged(first, await type(planAgain));
    expect(await type(remove)).toMatchObject({ exitCode: 0 });
  });
});

describe("back in the clone", () => {
  test("Terraform asks before it overwrites a state that is there already, and without an answer everything stays as it is", async () => {
    await choose("local");
    const changed = JSON.stringify({ ...readJson(fileOf(first)), serial: 999 });
    writeFileSync(fileOf(first), changed);
    const { exitCode, output } = await type(migrate, { input: ":" });
    expect(exitCode).not.toBe(0);
    expect(output).toContain("Do you want to overwrite the state in the new backend");
    expect(readFileSync(fileOf(first), "utf8")).toBe(changed);
    expect(resourcesOf(await stateInS3(first))).toBeGreaterThan(0);
  });

  test("each stack has every resource and plans nothing, and the states in S3 are not deleted", async () => {
    renameSync(join(copy, ".state"), join(copy, ".state-before"));
    await forEach(stacks, move);
    for (const stack of stacks) {
      expect(resourcesOf(readJson(fileOf(stack)))).toBe(resourcesOf(await stateInS3(stack)));
    }
  }, 300_000);

  test("the system, which ran all the time, handles an order", async () => {
    const order = newOrder();
    const { status, body } = await request("POST", "/orders", { body: order });
    expect(status).toBe(202);
    await eventually("entry of the order", () => ledgerEntry(body.orderId));
  });
});
