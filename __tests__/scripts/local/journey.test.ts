import { CloudWatchLogsClient, type FilterLogEventsCommand, ResourceNotFoundException } from "@aws-sdk/client-cloudwatch-logs";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { Stack } from "../../../scripts/artifact/artifact";
import { followSample, sampleOf } from "../../../scripts/local/journey";
import type { DeployedTrigger } from "../../../scripts/local/trigger-addresses";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const run = { id: "run", endpoint: "http://127.0.0.1:4999" };
const sample = { method: "POST", path: "/orders", headers: { "x-shop": "1" }, body: { customer: "c" } };

const folderAtStart = process.cwd();
// A local AWS that runs in the project must not take part.
beforeEach(() => process.chdir(temporaryFolder()));
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(folderAtStart);
});

/** A domain's stack with one trigger and one lambda. */
function domain(id: string, needs: string[], trigger: Partial<Stack["triggers"][number]> = {}): Stack {
  const lambda = `${id.split("-")[0]}-work`;
  return stackOf(id, needs, {
    triggers: [{ id: "t", kind: "queue", lambdas: [lambda], deadLetterQueues: [], output: "t_address", ...trigger }],
    lambdas: [{ name: lambda, functionName: lambda, logGroup: `/aws/lambda/${lambda}`, source: "", zip: "", files: [], packages: [] }],
  });
}

const foundation = stackOf("shared-int");
const ledger = domain("ledger-int", ["shared-int"]);
const checkout = domain("checkout-int", ["shared-int", "ledger-int"], { kind: "http-api", sample });
const bystander = domain("reports-int", ["shared-int"]);
const listener = domain("notifications-int", ["shared-int"], { kind: "bus", from: "ledger" });
const stacks = [foundation, ledger, checkout, bystander];

test("an entry domain without a sample is an error that names it and where it is configured", () => {
  expect(() => sampleOf(ledger)).toThrow(/^ledger-int: .*project\.config\.ts.*sample/);
});

interface FollowOptions {
  /** The log lines of a lambda, when the sample was sent with this correlation id. */
  lines?: (lambda: string, correlationId: string) => string[];
  /** The response of the API. */
  response?: Response;
  all?: Stack[];
  entry?: Stack;
  triggers?: DeployedTrigger[];
}

/** Every trigger of the stacks, each at an address of its own. */
function deployed(all: Stack[]): DeployedTrigger[] {
  const addressOf = (stack: Stack) => (stack.stack === checkout.stack ? "http://127.0.0.1:4999/api" : `shop-${stack.stack}`);
  return all.flatMap((stack) => stack.triggers.map((trigger) => ({ ...trigger, stack, address: addressOf(stack) })));
}

/** Follows the sample through these stacks. */
async function follow(options: FollowOptions) {
  const {
    lines = () => [],
    response = new Response("{}", { status: 202 }),
    all = stacks,
    entry = checkout,
    triggers = deployed(all),
  } = options;
  let sent: RequestInit = {};
  const fetched = jest.spyOn(global, "fetch").mockImplementation(async (_, init = {}) => {
    sent = init;
    return response;
  });
  (jest.spyOn(CloudWatchLogsClient.prototype, "send") as jest.SpyInstance).mockImplementation(async ({ input }: FilterLogEventsCommand) => {
    const lambda = input.logGroupName?.split("/").at(-1) ?? "";
    const id = new Headers(sent.headers).get("x-correlation-id") ?? "";
    return { events: lines(lambda, id).map((message) => ({ timestamp: Date.now(), message })) };
  });
  const journey = await followSample({ run, stacks: all, entry, triggers });
  return { journey, sent, url: fetched.mock.calls[0]?.[0] };
}

const outcome = (correlation_id: string, message: string, more = {}) =>
  JSON.stringify({ correlation_id, message, trigger: "queue", ...more });

const allHandled = (_: string, correlationId: string) => [outcome(correlationId, "handled")];

describe("a journey", () => {
  test("has a step for every lambda that finished an event of the sample, and ignores all other log lines", async () => {
    const { journey, sent, url } = await follow({
      lines: (lambda, id) =>
        lambda === "reports-work"
          ? [outcome("another-id", "handled"), "START RequestId", '"text"', "null"]
          : [outcome(id, "looked up"), outcome(id, lambda === "ledger-work" ? "failed" : "handled", { reason: "no room" })],
    });
    expect(journey.steps.map(({ domain, lambda, result }) => [domain, lambda, result]).sort()).toEqual([
      ["checkout", "checkout-work", "handled"],
      ["ledger", "ledger-work", "failed: no room"],
    ]);
    expect(url).toBe("http://127.0.0.1:4999/api/orders");
    expect(sent).toMatchObject({ method: "POST", body: JSON.stringify(sample.body), headers: sample.headers });
    // The sample does not reach the domain "reports", so no step of it is missing.
    expect(journey.missing).toEqual([]);
  });

  test("leads to the domains that receive events of a bus from a domain on the way", async () => {
    const { journey } = await follow({ lines: allHandled, all: [...stacks, listener] });
    expect(journey.steps.map(({ domain }) => domain)).toContain("notifications");
    expect(journey.missing).toEqual([]);
  });

  test("leads to the receivers of a renamed domain, whose events have the name that it had", async () => {
    const renamed = { ...domain("books-int", ["shared-int"]), formerly: "ledger" };
    const sender = domain("checkout-int", ["shared-int", "books-int"], { kind: "http-api", sample });
    const all = [foundation, renamed, sender, listener];
    const { journey } = await follow({ lines: allHandled, all, entry: sender });
    expect(journey.steps.map((step) => step.domain)).toContain("notifications");
  });

  test("triggers every schedule through EventBridge Scheduler, with its own target and the sample's correlation id, and cleans up", async () => {
    const sent: [string, object][] = [];
    const target = { Arn: "arn:lambda", RoleArn: "arn:role", DeadLetterConfig: { Arn: "arn:dlq" }, Input: "{}" };
    (jest.spyOn(SchedulerClient.prototype, "send") as jest.SpyInstance).mockImplementation(async (command) => {
      sent.push([command.constructor.name, command.input]);
      return { Target: target, GroupName: "default" };
    });
    const reports = domain("reports-int", ["shared-int"], { kind: "schedule", sample: { day: "2030-01-31" } });
    const { journey } = await follow({ lines: allHandled, all: [foundation, ledger, checkout, reports] });
    const [[, get], [, create], [, remove]] = sent as [
      [string, object],
      [string, { Name: string; Target: { Input: string } }],
      [string, object],
    ];
    expect(sent.map(([name]) => name)).toEqual(["GetScheduleCommand", "CreateScheduleCommand", "DeleteScheduleCommand"]);
    expect(get).toEqual({ Name: "shop-reports-int" });
    expect(create).toMatchObject({
      GroupName: "default",
      Target: { Arn: "arn:lambda", RoleArn: "arn:role", DeadLetterConfig: { Arn: "arn:dlq" } },
    });
    expect(JSON.parse(create.Target.Input)).toEqual({ day: "2030-01-31", correlationId: journey.correlationId });
    expect(remove).toEqual({ Name: create.Name, GroupName: "default" });
  });

  test("ends at once when the sample request fails, with the response of the API", async () => {
    const rejected = follow({ response: new Response("customer: required", { status: 400 }) });
    await expect(rejected).rejects.toThrow(/POST .*\/orders returned 400: customer: required/);
  });

  test.each([
    ["is not deployed", deployed([ledger])],
    ["has an empty address", deployed([checkout]).map((trigger) => ({ ...trigger, address: "" }))],
  ])("ends with an error that names the trigger when the API of the entry domain %s", async (_, triggers) => {
    await expect(follow({ triggers })).rejects.toThrow(/^checkout-int\/t: .*no address/);
    expect(global.fetch).not.toHaveBeenCalled();
  });

  test("goes on when a lambda has no logs yet", async () => {
    const { journey } = await follow({
      lines: (lambda, id) => {
        if (lambda === "reports-work") throw new ResourceNotFoundException({ message: "no such log group", $metadata: {} });
        return allHandled(lambda, id);
      },
    });
    expect(journey.steps.map(({ domain }) => domain).sort()).toEqual(["checkout", "ledger"]);
  });

  test("ends with an error that names the log group when logs cannot be read", async () => {
    const unreadable = follow({
      lines: () => {
        throw new Error("access denied");
      },
    });
    await expect(unreadable).rejects.toThrow(/log group \/aws\/lambda\/\S+.*access denied/);
  });

  test("does not wait for the rest of its time when a lambda was refused an action, because every retry is refused too", async () => {
    const start = Date.now();
    let now = start;
    const principal = "arn:aws:sts::111111111111:assumed-role/ledger-work/session";
    const refusal = { time: start / 1000 + 1, principal, action: "dynamodb:PutItem", resource: "arn:table", decision: "ImplicitDeny" };
    process.chdir(temporaryFolder({ ".local/decisions.jsonl": JSON.stringify(refusal) }));
    // Every look at the clock takes a second.
    jest.spyOn(Date, "now").mockImplementation(() => (now += 1000));
    const { journey } = await follow({
      lines: (lambda, id) => (lambda === "ledger-work" ? [outcome(id, "failed", { reason: "not authorized" })] : []),
    });
    expect(journey.missing).toEqual(["checkout"]);
    expect(now - start).toBeGreaterThan(15_000);
    expect(now - start).toBeLessThan(30_000);
  });
});
