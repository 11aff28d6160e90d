import * as z from "zod";
import { defineEvent } from "../../../shared/contract";
import type { DomainStack } from "../../../shared/domain-stack";
import { seconds } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { QueueTrigger, type QueueTriggerProps, type QueueWiring } from "../../../shared/triggers/queue-trigger";
import { resource, resources, synthDomain } from "../../support/synth";

const Event = defineEvent({ name: "thing-done", version: 1, schema: z.object({ thing: z.string() }), example: { thing: "one" } });

/** A queue with one lambda that may run for 20 s. */
function queue(props: Partial<QueueTriggerProps> = {}, wiring: QueueWiring = {}) {
  return synthDomain((stack: DomainStack) => {
    const lambda = new NodejsFunction(stack, "work", { timeout: seconds(20) });
    new QueueTrigger(stack, "things", { event: Event, ...props }).invokes(lambda, wiring);
  });
}

const mainQueue = (json: ReturnType<typeof queue>["json"]) => resources(json, "aws_sqs_queue").find(({ name }) => !name.endsWith("-dlq"));
const deadLetterQueue = (json: ReturnType<typeof queue>["json"]) =>
  resources(json, "aws_sqs_queue").find(({ name }) => name.endsWith("-dlq"));

describe("a queue with no option set", () => {
  const { json, findings } = queue();

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("hides a message for six times the lambda's timeout", () => {
    expect(mainQueue(json).visibility_timeout_seconds).toBe(120);
  });

  test("sends what failed five times to its own dead-letter queue, and only it may", () => {
    expect(JSON.parse(mainQueue(json).redrive_policy.replace(/\$\{[^}]*\}/, "dlq"))).toEqual({
      deadLetterTargetArn: "dlq",
      maxReceiveCount: 5,
    });
    expect(JSON.parse(deadLetterQueue(json).redrive_allow_policy)).toEqual({
      redrivePermission: "byQueue",
      sourceQueueArns: ["arn:aws:sqs:eu-west-1:111111111111:shop-sample-int-things"],
    });
  });

  test("reports the messages of a batch that failed, so that the others are done", () => {
    expect(resource(json, "aws_lambda_event_source_mapping").function_response_types).toEqual(["ReportBatchItemFailures"]);
  });
});

test("a visibility under the lambda's timeout is refused, with both values and the fix", () => {
  expect(queue({ visibilityTimeout: seconds(10) }).findings).toEqual([
    expect.stringContaining(
      "sample-int/things: visibilityTimeout is 10 s, but work may run for 20 s; SQS refuses the mapping. Set it to at least 120 s (6 × the timeout)",
    ),
  ]);
});
