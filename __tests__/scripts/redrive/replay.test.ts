import { DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-dynamodb-streams";
import {
  GetRecordsCommand as GetKinesisRecordsCommand,
  GetShardIteratorCommand as GetKinesisShardIteratorCommand,
  KinesisClient,
} from "@aws-sdk/client-kinesis";
import { InvokeCommand, Lambda, LambdaClient } from "@aws-sdk/client-lambda";
import type { Message } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { type DeadLetterQueue, invoke, reasonOf, toInvocation } from "../../../scripts/redrive/replay";
import { stackOf } from "../../harness/stacks";

const settings = { region: "eu-west-1" };
const ALIAS = "arn:aws:lambda:eu-west-1:111111111111:function:shop-sample-int-work:current";

/** A message with a body and attributes, as AWS writes it. */
function message(body: unknown, attributes: Record<string, string> = {}): Message {
  const texts = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]);
  return { Body: typeof body === "string" ? body : JSON.stringify(body), MessageAttributes: Object.fromEntries(texts) };
}
const invocationOf = (dead: Message, queue: Partial<DeadLetterQueue>) =>
  toInvocation(dead, { name: "dlq", trigger: "things", kind: "queue", holds: "deliveries", ...queue }, settings);

describe("an event that could not be delivered gets the form in which the service delivers it", () => {
  test("from a bus, for the target that the message names", async () => {
    const event = { version: "0", "detail-type": "thing-done.v1", detail: { thing: "one" } };
    const dead = message(event, { RULE_ARN: "arn:rule", TARGET_ARN: ALIAS, ERROR_CODE: "NO_PERMISSIONS" });
    expect(await invocationOf(dead, { kind: "bus" })).toEqual({ lambda: ALIAS, event });
  });

  test("from a topic, as a record of SNS", async () => {
    const UnsubscribeURL =
      "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:111111111111:news:1";
    const notification = {
      Type: "Notification",
      MessageId: "1",
      TopicArn: "arn:topic",
      Message: '{"thing":"one"}',
      Timestamp: "2030-01-01T00:00:00.000Z",
    };
    const dead = message({
      ...notification,
      SigningCertURL: "https://cert",
      UnsubscribeURL,
      MessageAttributes: { type: { Type: "String", Value: "thing-done.v1" } },
    });
    const Sns = {
      ...notification,
      Subject: null,
      MessageAttributes: { type: { Type: "String", Value: "thing-done.v1" } },
      SigningCertUrl: "https://cert",
      UnsubscribeUrl: UnsubscribeURL,
    };
    const EventSubscriptionArn = "arn:aws:sns:eu-west-1:111111111111:news:1";
    expect(await invocationOf(dead, { kind: "topic", lambda: "work" })).toEqual({
      lambda: "work",
      event: { Records: [{ EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn, Sns }] },
    });
  });

  test.each<[string, unknown]>([
    ["the input", { thing: "one" }],
    ["the request to Lambda", { FunctionName: ALIAS, InvocationType: "Event", Payload: '{"thing":"one"}' }],
  ])("from a schedule, if the message is %s", async (_, body) => {
    const dead = message(body, { TARGET_ARN: "arn:aws:scheduler:::aws-sdk:lambda:invoke", IS_PAYLOAD_TRUNCATED: "false" });
    expect(await invocationOf(dead, { kind: "schedule", lambda: "work" })).toEqual({ lambda: "work", event: { thing: "one" } });
  });

  test.each<[string, DeadLetterQueue["kind"], Message, RegExp]>([
    ["an event that Scheduler shortened", "schedule", message('{"thi', { IS_PAYLOAD_TRUNCATED: "true" }), /shortened the event/],
    ["a message that is not a notification", "topic", message("thing"), /not a notification/],
  ])("but %s stays", async (_, kind, dead, reason) => {
    await expect(invocationOf(dead, { kind, lambda: "work" })).rejects.toThrow(reason);
  });
});

describe("an event that a lambda failed to handle", () => {
  test("is in Lambda's record", async () => {
    const requestPayload = { Records: [{ eventName: "ObjectCreated:Put" }] };
    const dead = message({ version: "1.0", requestContext: { functionArn: ALIAS, condition: "RetriesExhausted" }, requestPayload });
    expect(await invocationOf(dead, { holds: "invocations", lambda: "work" })).toEqual({ lambda: "work", event: requestPayload });
  });

  test("cannot be restored from a record that does not contain it", async () => {
    await expect(invocationOf(message({ requestContext: {} }), { holds: "invocations", lambda: "work" })).rejects.toThrow(/requestPayload/);
  });
});

test.each<[string, Message, string]>([
  [
    "the error of the lambda",
    message({ requestContext: { condition: "RetriesExhausted" }, responsePayload: { errorMessage: "no ink" } }),
    "no ink",
  ],
  ["the condition under which Lambda gave up", message({ requestContext: { condition: "EventAgeExceeded" } }), "EventAgeExceeded"],
  ["the error of EventBridge", message({}, { ERROR_CODE: "NO_PERMISSIONS", ERROR_MESSAGE: "denied" }), "NO_PERMISSIONS: denied"],
  ["the error of SNS", message({}, { ErrorCode: "403", ErrorMessage: "denied" }), "403: denied"],
  ["empty for a message of a queue", message("thing"), ""],
])("the reason of a message is %s", (_, dead, reason) => {
  expect(reasonOf(dead)).toBe(reason);
});

describe("the position of records that a lambda failed to handle becomes the records themselves", () => {
  const position = { shardId: "shardId-1", startSequenceNumber: "8", endSequenceNumber: "8", batchSize: 1 };

  test("of a table's stream, for the lambda that the message names", async () => {
    const streams = mockClient(DynamoDBStreamsClient);
    streams.on(GetShardIteratorCommand).resolves({ ShardIterator: "first" });
    streams.on(GetRecordsCommand).resolves({ Records: [{ eventName: "INSERT", dynamodb: { SequenceNumber: "8" } }] });
    const DDBStreamBatchInfo = { ...position, streamArn: "arn:aws:dynamodb:eu-west-1:111111111111:table/things/stream/1" };
    const invocation = invocationOf(message({ requestContext: { functionArn: ALIAS }, DDBStreamBatchInfo }), {
      kind: "table",
      holds: "positions",
    });
    expect(await invocation).toMatchObject({
      lambda: ALIAS,
      event: { Records: [{ eventName: "INSERT", eventSourceARN: DDBStreamBatchInfo.streamArn, dynamodb: { SequenceNumber: "8" } }] },
    });
  });

  test("of a Kinesis stream, for the lambda that the message names", async () => {
    const kinesis = mockClient(KinesisClient);
    kinesis.on(GetKinesisShardIteratorCommand).resolves({ ShardIterator: "first" });
    kinesis.on(GetKinesisRecordsCommand).resolves({ Records: [{ SequenceNumber: "8", PartitionKey: "key", Data: new Uint8Array() }] });
    const KinesisBatchInfo = { ...position, streamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/things" };
    const invocation = invocationOf(message({ requestContext: { functionArn: ALIAS }, KinesisBatchInfo }), {
      kind: "stream",
      holds: "positions",
    });
    expect(await invocation).toMatchObject({
      lambda: ALIAS,
      event: { Records: [{ eventID: "shardId-1:8", eventSourceARN: KinesisBatchInfo.streamArn }] },
    });
  });

  test("but a message without a position stays", async () => {
    const invocation = invocationOf(message({ requestContext: { functionArn: ALIAS } }), { kind: "table", holds: "positions" });
    await expect(invocation).rejects.toThrow("does not contain a position");
  });
});

describe("a lambda that is invoked again", () => {
  const lambdas = mockClient(LambdaClient);
  const work = { name: "work", functionName: "shop-sample-int-work", logGroup: "", source: "", zip: "", files: [], packages: [] };
  const stack = stackOf("sample-int", [], { lambdas: [work] });
  const invokeWith = (lambda: string, event: unknown = {}) => invoke(new Lambda(settings), stack, { lambda, event });
  function answer(value: unknown, FunctionError?: string): void {
    lambdas.reset();
    const text = value === undefined ? "" : JSON.stringify(value);
    lambdas.on(InvokeCommand).resolves({ FunctionError, Payload: { transformToString: () => text } as never });
  }

  test.each([undefined, null, "done", {}, { batchItemFailures: [] }, { batchItemFailures: null }])(
    "has handled the event if it answers %j",
    async (value) => {
      answer(value);
      await expect(invokeWith("work")).resolves.toBeUndefined();
    },
  );

  test("is invoked through its alias, and receives binary data as base64", async () => {
    answer(null);
    await invokeWith(ALIAS, { data: new Uint8Array(Buffer.from("data")) });
    expect(lambdas.commandCalls(InvokeCommand)[0]?.args[0].input).toEqual({
      FunctionName: work.functionName,
      Qualifier: "current",
      Payload: JSON.stringify({ data: Buffer.from("data").toString("base64") }),
    });
  });

  test.each<[string, unknown, string | undefined, string]>([
    ["throws", { errorMessage: "no ink" }, "Unhandled", "work failed again: no ink"],
    ["ends without an answer", undefined, "Unhandled", "work failed again: Unhandled"],
    ["reports a failed record", { batchItemFailures: [{ itemIdentifier: "8" }] }, undefined, "work failed again, at record 8"],
  ])("has not handled the event if it %s", async (_, value, error, reason) => {
    answer(value, error);
    await expect(invokeWith("work")).rejects.toThrow(reason);
  });

  test.each(["arn:aws:lambda:eu-west-1:111111111111:function:other:current", "other", ""])(
    "must be a lambda of the domain, not %j",
    async (lambda) => {
      answer(null);
      await expect(invokeWith(lambda)).rejects.toThrow(/sample-int does not have/);
      expect(lambdas.calls()).toHaveLength(0);
    },
  );
});
