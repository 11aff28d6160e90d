import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SECOND_INTERRUPT } from "../../../scripts/cli/process";
import { fakeHcp, runDocument } from "../../harness/fake-hcp";
import { type FakeTerraform, onMachine, providerMirror } from "../../harness/fake-terraform";
import { temporaryFolder } from "../../harness/temporary-folder";

const folderAtStart = process.cwd();
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(folderAtStart);
});

/** A machine whose Terraform runs this shell script. */
function terraform(script: string): FakeTerraform {
  return onMachine({ script, variables: { TERRAFORM_PROVIDER_MIRROR: providerMirror() } });
}

/** A script that prints these messages as Terraform does with -json, each after a line that is not JSON. */
function prints(...messages: object[]): string {
  return messages.map((message) => `echo 'not JSON'; echo '${JSON.stringify(message)}'`).join("\n");
}

const diagnostic = (severity: string, summary: string, detail = "") => ({
  type: "diagnostic",
  diagnostic: { severity, summary, detail, address: "aws_sqs_queue.placed" },
});

describe("a plan that is a run on the server of HCP Terraform", () => {
  const bookmark = `echo '{"remote_plan_format":1,"run_id":"run-1","hostname":"app.terraform.io"}' > deploy.tfplan`;
  const queue = {
    address: "aws_sqs_queue.x",
    mode: "managed",
    type: "aws_sqs_queue",
    change: { actions: ["create"], before: null, after: {}, after_unknown: {}, before_sensitive: false, after_sensitive: {} },
  };
  const answers = () => ({
    "runs/run-1": { body: runDocument() },
    "plans/plan-1/json-output-redacted": { body: { resource_changes: [queue], resource_drift: [queue] } },
    "runs/run-1/actions/discard": {},
  });
  const run = { id: "run-1", configurationVersion: "cv-1" };
  const FAILS_TO_SHOW = "[ $1 != show ] || exit 1";

  test("is read from the server, and terraform show is not asked", async () => {
    const { Terraform } = terraform(`${FAILS_TO_SHOW}; ${bookmark}; exit 2`);
    fakeHcp(answers());
    const plan = await new Terraform().plan(temporaryFolder(), "orders-int");
    expect(plan).toMatchObject({ changes: [{ address: "aws_sqs_queue.x", action: "create" }], isEmpty: false, existing: 0, run });
  });

  test("names its run if it is empty, too", async () => {
    const { Terraform } = terraform(bookmark);
    fakeHcp(answers());
    expect(await new Terraform().plan(temporaryFolder(), "orders-int")).toMatchObject({ changes: [], isEmpty: true, run });
  });

  test("of what has changed in AWS is discarded", async () => {
    const { Terraform } = terraform(`${FAILS_TO_SHOW}; ${bookmark}`);
    const hcp = fakeHcp(answers());
    expect(await new Terraform().drift(temporaryFolder())).toEqual([queue]);
    expect(hcp.requests.at(-1)).toBe("POST runs/run-1/actions/discard");
  });
});

describe("an apply", () => {
  const planned = (addr: string, action: string) => ({
    type: "planned_change",
    change: { resource: { addr, resource_type: addr.split(".")[0] }, action },
  });
  const summary = (operation: string) => ({ type: "change_summary", changes: { add: 1, change: 0, remove: 0, operation } });
  const complete = (addr: string, action: string) => ({ type: "apply_complete", hook: { resource: { addr }, action } });

  test("reports its progress, and returns the number of resources that it changed, without those that it read", async () => {
    const { Terraform } = terraform(
      prints(
        planned("data.policy", "read"),
        planned("queue", "create"),
        planned("alarm", "replace"),
        complete("data.policy", "read"),
        complete("queue", "create"),
        complete("alarm", "delete"),
        complete("alarm", "create"),
      ),
    );
    const progress: string[] = [];
    const changed = await new Terraform().apply(temporaryFolder(), { onProgress: (done, of) => progress.push(`${done}/${of}`) });
    expect(changed).toBe(2);
    expect([...new Set(progress)]).toEqual(["0/0", "0/1", "0/2", "1/2", "2/2"]);
  });

  test("on the server of HCP Terraform, which prints text instead of JSON, has the number of its changes in its last line", async () => {
    const { Terraform } = terraform(`printf '\\033[1mApply complete! Resources: 3 added, 1 changed, 0 destroyed.\\033[0m\\n'`);
    expect(await new Terraform().apply(temporaryFolder())).toBe(4);
  });

  test("on the server of HCP Terraform that fails has its text as the error, without colors", async () => {
    const { Terraform } = terraform(
      `echo 'password = "hunter2"'; printf '\\033[31mError: \\033[0mreading SSM Parameter (/shop/int/shared/v1/arn)\\n'; exit 1`,
    );
    const error = await new Terraform().apply(temporaryFolder()).catch(({ message }: Error) => message);
    expect(error).toContain("\nError: reading SSM Parameter (/shop/int/shared/v1/arn)");
    expect(error).not.toContain("hunter2");
  });

  /** After which of the printed messages the contracts count as published, counted from 1. */
  async function publishedAfter(...messages: object[]): Promise<number[]> {
    const { Terraform } = terraform(prints(...messages));
    const after: number[] = [];
    let lines = 0;
    const onProgress = () => {
      lines += 1;
    };
    // Each message is printed after a line that is not JSON.
    await new Terraform().apply(temporaryFolder(), { onProgress, onPublished: () => after.push(lines / 2) });
    return after;
  }

  test("reports once that the contracts are published, as soon as every parameter that the plan changes has its value", async () => {
    const after = await publishedAfter(
      planned("aws_ssm_parameter.arn", "create"),
      planned("aws_sqs_queue.placed", "create"),
      planned("aws_ssm_parameter.url", "update"),
      summary("plan"),
      complete("aws_ssm_parameter.arn", "create"),
      complete("aws_ssm_parameter.url", "update"),
      complete("aws_sqs_queue.placed", "create"),
      summary("apply"),
    );
    expect(after).toEqual([6]);
  });

  test("waits until a replaced parameter is created again, and does not wait for a parameter that is removed", async () => {
    const after = await publishedAfter(
      planned("aws_ssm_parameter.arn", "replace"),
      planned("aws_ssm_parameter.old", "delete"),
      summary("plan"),
      complete("aws_ssm_parameter.arn", "delete"),
      complete("aws_ssm_parameter.arn", "create"),
      complete("aws_ssm_parameter.old", "delete"),
    );
    expect(after).toEqual([5]);
  });

  test("that changes no parameter waits for the complete plan before it reports the contracts as published", async () => {
    expect(await publishedAfter(planned("aws_sqs_queue.placed", "update"), summary("plan"), summary("apply"))).toEqual([2]);
  });

  test("does not take a data source that is read during the plan for the beginning of the apply", async () => {
    const after = await publishedAfter(
      { type: "apply_start", hook: { resource: { addr: "data.aws_ssm_parameter.read" }, action: "read" } },
      planned("aws_ssm_parameter.arn", "create"),
      summary("plan"),
      complete("aws_ssm_parameter.arn", "create"),
    );
    expect(after).toEqual([4]);
  });

  test("of a saved plan, which has no summary, reports that the contracts are published when the first change begins", async () => {
    const begins = { type: "apply_start", hook: { resource: { addr: "aws_sqs_queue.placed" }, action: "update" } };
    expect(await publishedAfter(planned("aws_sqs_queue.placed", "update"), begins, summary("apply"))).toEqual([2]);
  });

  test("that fails before a parameter has its value does not report that the contracts are published", async () => {
    const { Terraform } = terraform(`${prints(planned("aws_ssm_parameter.arn", "create"), summary("plan"))}\nexit 1`);
    const onPublished = jest.fn();
    await expect(new Terraform().apply(temporaryFolder(), { onPublished })).rejects.toThrow();
    expect(onPublished).not.toHaveBeenCalled();
  });

  test("that fails has Terraform's errors with their resources in its message, and no warnings", async () => {
    const { Terraform, TerraformError } = terraform(
      `${prints(diagnostic("warning", "old attribute"), diagnostic("error", "queue exists", "delete it"), diagnostic("error", "second"))}\nexit 1`,
    );
    const error = await new Terraform().apply(temporaryFolder()).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TerraformError);
    expect(error.message).toMatch(/queue exists \(aws_sqs_queue\.placed\)\ndelete it\nsecond/);
    expect(error.message).not.toMatch(/old attribute/);
  });

  test("that prints no JSON has the standard error in its message", async () => {
    const { Terraform } = terraform("echo 'out of memory' >&2; exit 2");
    await expect(new Terraform().apply(temporaryFolder())).rejects.toThrow(/out of memory/);
  });

  test("that prints an error but succeeds does not fail", async () => {
    const { Terraform } = terraform(prints(diagnostic("error", "a check block")));
    await expect(new Terraform().apply(temporaryFolder())).resolves.toBe(0);
  });
});

test("an init that fails has Terraform's own error in its message", async () => {
  const { Terraform, TerraformError } = terraform("echo 'Error: no provider' >&2; exit 1");
  const error = await new Terraform().init(temporaryFolder()).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(TerraformError);
  expect(error.message).toMatch(/no provider/);
});

test("a folder that is not valid is an error with all its problems", async () => {
  const problems = ["first", "second"].map((summary) => ({ summary, detail: "" }));
  const { Terraform } = terraform(`echo '${JSON.stringify({ valid: false, diagnostics: problems })}'; exit 1`);
  await expect(new Terraform().validate(temporaryFolder())).rejects.toThrow("first\nsecond");
});

test("Terraform runs with the given variables, asks no questions, and does not check for a new version", async () => {
  const { Terraform, project, calls } = terraform('env > "seen.txt"');
  const folder = temporaryFolder();
  await new Terraform({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }).apply(folder);
  const seen = readFileSync(join(folder, "seen.txt"), "utf8");
  expect(seen).toMatch(/^AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:1$/m);
  expect(seen).toMatch(/^CHECKPOINT_DISABLE=1$/m);
  expect(seen).toContain(join(project, ".build/terraform.rc"));
  expect(calls()[0]).toMatch(/-input=false/);
});

describe("Ctrl-C", () => {
  // At the first SIGINT it finishes and writes its state, as Terraform does. signals.txt counts them.
  const slow = `trap 'echo SIGINT >> signals.txt; [ -f signals.txt ] && sleep 0.3; echo state > state.txt; exit 1' INT
touch running.txt
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.1; done`;

  test("interrupts Terraform only once, and waits until it has written its state", async () => {
    const interrupt = new AbortController();
    const { Terraform } = terraform(slow);
    const folder = temporaryFolder();
    const applied = new Terraform({}, interrupt.signal).apply(folder).catch((thrown) => thrown);
    while (!existsSync(join(folder, "running.txt"))) await sleep(10);
    interrupt.abort();
    interrupt.abort();
    expect((await applied).name).toBe("AbortError");
    expect(readFileSync(join(folder, "signals.txt"), "utf8")).toBe("SIGINT\n");
    expect(existsSync(join(folder, "state.txt"))).toBe(true);
  });

  test("pressed again later interrupts Terraform a second time", async () => {
    const interrupt = new AbortController();
    const { Terraform } = terraform(slow.replace("sleep 0.3", "sleep 1"));
    const folder = temporaryFolder();
    const applied = new Terraform({}, interrupt.signal).apply(folder).catch((thrown) => thrown);
    const signals = () => (existsSync(join(folder, "signals.txt")) ? readFileSync(join(folder, "signals.txt"), "utf8") : "");
    while (!existsSync(join(folder, "running.txt"))) await sleep(10);
    interrupt.abort();
    while (signals() === "") await sleep(10);
    interrupt.signal.dispatchEvent(new Event(SECOND_INTERRUPT));
    await applied;
    expect(signals()).toBe("SIGINT\nSIGINT\n");
  });

  test("lets no further Terraform start", async () => {
    const { Terraform, calls } = terraform("");
    const interrupted = new Terraform({}, AbortSignal.abort());
    await expect(interrupted.apply(temporaryFolder())).rejects.toThrow(/abort/i);
    expect(calls()).toEqual([]);
  });
});
