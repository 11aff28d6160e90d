import { CloudWatchLogsClient, type FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { Stack } from "../../scripts/artifact";
import { followSample, localApiUrl, sampleOf } from "../../scripts/journey";
import { stackOf } from "../support/stacks";

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
const stacks = [foundation, ledger, checkout, bystander];

test("an HTTP API is reached through the endpoint of the local AWS, whatever host name it reports", () => {
  const url = localApiUrl(run, "https://abc123.execute-api.eu-west-1.amazonaws.com");
  expect(url).toBe("http://127.0.0.1:4999/_aws/execute-api/abc123");
});

test("an entry domain without a sample is an error that names it and where it is configured", () => {
  expect(() => sampleOf(ledger)).toThrow(/ledger-int.*project\.config\.ts/);
});

/** Follows the sample where the API answers so, and every lambda's log holds these lines for the correlation id that was sent. */
async function follow(lines: (lambda: string, correlationId: string) => string[], answer = new Response("{}", { status: 202 })) {
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
  const journey = await followSample(run, stacks, checkout, "http://127.0.0.1:4999/api");
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

  test("ends at once where the sample was refused, with the answer", async () => {
    const refused = follow(() => [], new Response("customer: required", { status: 400 }));
    await expect(refused).rejects.toThrow(/POST .*\/orders answered 400: customer: required/);
  });
});
