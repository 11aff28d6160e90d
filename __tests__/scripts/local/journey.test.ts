import { CloudWatchLogsClient, type FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { Stack } from "../../../scripts/artifact/artifact";
import { followSample, sampleOf } from "../../../scripts/local/journey";
import { localApiUrl } from "../../../scripts/local/triggers";
import { stackOf } from "../../harness/stacks";

const run = { id: "run", endpoint: "http://127.0.0.1:4999" };
const sample = { method: "POST", path: "/orders", headers: { "x-shop": "1" }, body: { customer: "c" } };

afterEach(() => jest.restoreAllMocks());

/** A stack with a trigger and a lambda, as far as a journey looks at them. */
function domain(id: string, needs: string[], trigger: Partial<Stack["triggers"][number]> = {}): Stack {
  const lambda = `${id.split("-")[0]}-work`;
  return stackOf(id, needs, {
    triggers: [{ id: "t", kind: "queue", lambdas: [lambda], deadLetterQueues: [], output: "t_address", ...trigger }],
    lambdas: [{ name: lambda, functionName: lambda, logGroup: `/aws/lambda/${lambda}`, source: "", zip: "" }],
  });
}

const foundation = stackOf("shared-int");
const ledger = domain("ledger-int", ["shared-int"]);
const checkout = domain("checkout-int", ["shared-int", "ledger-int"], { kind: "http-api", sample });
const bystander = domain("reports-int", ["shared-int"]);
const listener = domain("notifications-int", ["shared-int"], { kind: "bus", from: "ledger" });
const stacks = [foundation, ledger, checkout, bystander];

test("an HTTP API is reached through the endpoint of the local AWS, whatever host name it reports", () => {
  const url = localApiUrl(run, "https://abc123.execute-api.eu-west-1.amazonaws.com");
  expect(url).toBe("http://127.0.0.1:4999/_aws/execute-api/abc123");
});

test("an entry domain without a sample is an error that names it and where it is configured", () => {
  expect(() => sampleOf(ledger)).toThrow(/ledger-int.*project\.config\.ts/);
});

/** Follows the sample where the API answers so, and every lambda's log holds these lines for the correlation id that was sent. */
async function follow(
  lines: (lambda: string, correlationId: string) => string[],
  answer = new Response("{}", { status: 202 }),
  all: Stack[] = stacks,
) {
  let sent: RequestInit = {};
  jest.spyOn(global, "fetch").mockImplementation(async (_, init = {}) => {
    sent = init;
    return answer;
  });
  (jest.spyOn(CloudWatchLogsClient.prototype, "send") as jest.SpyInstance).mockImplementation(async ({ input }: FilterLogEventsCommand) => {
    const lambda = input.logGroupName?.split("/").at(-1) ?? "";
    const id = new Headers(sent.headers).get("x-correlation-id") ?? "";
    return { events: lines(lambda, id).map((message) => ({ timestamp: Date.now(), message })) };
  });
  const journey = await followSample(
    run,
    all,
    checkout,
    all.flatMap((stack) =>
      stack.triggers.map((trigger) => ({
        ...trigger,
        stack,
        address: stack === checkout ? "http://127.0.0.1:4999/api" : `shop-${stack.stack}`,
      })),
    ),
  );
  return { journey, sent };
}

const outcome = (correlation_id: string, message: string, more = {}) =>
  JSON.stringify({ correlation_id, message, trigger: "queue", ...more });

describe("a journey", () => {
  test("has a step for every lambda that said what became of the sample, and none for the lines of others", async () => {
    const { journey, sent } = await follow((lambda, id) =>
      lambda === "reports-work"
        ? [outcome("another-id", "handled"), "START RequestId", '"text"', "null"]
        : [outcome(id, "looked up"), outcome(id, lambda === "ledger-work" ? "failed" : "handled", { reason: "no room" })],
    );
    expect(journey.steps.map(({ domain, lambda, result }) => [domain, lambda, result]).sort()).toEqual([
      ["checkout", "checkout-work", "handled"],
      ["ledger", "ledger-work", "failed: no room"],
    ]);
    // A domain that the entry's contracts do not lead to is not waited for.
    expect(journey.missing).toEqual([]);
    expect(sent).toMatchObject({ method: "POST", body: JSON.stringify(sample.body), headers: sample.headers });
  });

  test("leads to the domains that listen to what is sent on the bus by one on its way", async () => {
    const { journey } = await follow((_, id) => [outcome(id, "handled")], undefined, [...stacks, listener]);
    expect(journey.steps.map(({ domain }) => domain)).toContain("notifications");
    expect(journey.missing).toEqual([]);
  });

  test("sets every schedule going through the scheduler, with its own target and the journey's id, and clears up", async () => {
    const sent: [string, object][] = [];
    const target = { Arn: "arn:lambda", RoleArn: "arn:role", DeadLetterConfig: { Arn: "arn:dlq" }, Input: "{}" };
    (jest.spyOn(SchedulerClient.prototype, "send") as jest.SpyInstance).mockImplementation(async (command) => {
      sent.push([command.constructor.name, command.input]);
      return { Target: target, GroupName: "default" };
    });
    const reports = domain("reports-int", ["shared-int"], { kind: "schedule", sample: { day: "2030-01-31" } });
    const lines = (_: string, id: string) => [outcome(id, "handled")];
    const { journey } = await follow(lines, undefined, [foundation, ledger, checkout, reports]);
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

  test("ends at once where the sample was refused, with the answer", async () => {
    const refused = follow(() => [], new Response("customer: required", { status: 400 }));
    await expect(refused).rejects.toThrow(/POST .*\/orders answered 400: customer: required/);
  });
});
