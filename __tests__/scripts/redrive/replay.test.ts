import { DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-dynamodb-streams";
import {
  GetRecordsCommand as GetKinesisRecordsCommand,
  GetShardIteratorCommand as GetKinesisShardIteratorCommand,
  KinesisClient,
} from "@aws-sdk/client-kinesis";
import { InvokeCommand, Lambda, LambdaClient } from "@aws-sdk/client-lambda";
import type { Message } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { callOf, type DeadLetters, invoke, reasonOf } from "../../../scripts/redrive/replay";
import { stackOf } from "../../harness/stacks";

const settings = { region: "eu-west-1" };
const ALIAS = "arn:aws:lambda:eu-west-1:111111111111:function:shop-sample-int-work:current";

/** A message as AWS writes it: its body, and its attributes. */
function message(body: unknown, attributes: Record<string, string> = {}): Message {
  const texts = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]);
  return { Body: typeof body === "string" ? body : JSON.stringify(body), MessageAttributes: Object.fromEntries(texts) };
}
const call = (dead: Message, queue: Partial<DeadLetters>) =>
  callOf(dead, { name: "dlq", trigger: "things", kind: "queue", holds: "deliveries", ...queue }, settings);

describe("what could not be delivered is given to its lambda as the service would have", () => {
  test("an event of a bus, to the target that the message names", async () => {
    const event = { version: "0", "detail-type": "thing-done.v1", detail: { thing: "one" } };
    const dead = message(event, { RULE_ARN: "arn:rule", TARGET_ARN: ALIAS, ERROR_CODE: "NO_PERMISSIONS" });
    expect(await call(dead, { kind: "bus" })).toEqual({ lambda: ALIAS, event });
  });

  test("a message of a topic, in the record that SNS makes of it", async () => {
    const UnsubscribeURL =
      "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:111111111111:news:1";
    const kept = {
      Type: "Notification",
      MessageId: "1",
      TopicArn: "arn:topic",
      Message: '{"thing":"one"}',
      Timestamp: "2030-01-01T00:00:00.000Z",
    };
    const dead = message({
      ...kept,
      SigningCertURL: "https://cert",
      UnsubscribeURL,
      MessageAttributes: { type: { Type: "String", Value: "thing-done.v1" } },
    });
    const Sns = {
      ...kept,
      Subject: null,
      MessageAttributes: { type: { Type: "String", Value: "thing-done.v1" } },
      SigningCertUrl: "https://cert",
      UnsubscribeUrl: UnsubscribeURL,
    };
    const EventSubscriptionArn = "arn:aws:sns:eu-west-1:111111111111:news:1";
    expect(await call(dead, { kind: "topic", lambda: "work" })).toEqual({
      lambda: "work",
      event: { Records: [{ EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn, Sns }] },
    });
  });

  test.each<[string, unknown]>([
    ["its input", { thing: "one" }],
    ["the request to Lambda", { FunctionName: ALIAS, InvocationType: "Event", Payload: '{"thing":"one"}' }],
  ])("a schedule's call, whether its queue holds %s", async (_, body) => {
    const dead = message(body, { TARGET_ARN: "arn:aws:scheduler:::aws-sdk:lambda:invoke", IS_PAYLOAD_TRUNCATED: "false" });
    expect(await call(dead, { kind: "schedule", lambda: "work" })).toEqual({ lambda: "work", event: { thing: "one" } });
  });

  test.each<[string, DeadLetters["kind"], Message, RegExp]>([
    ["a payload that Scheduler cut off", "schedule", message('{"thi', { IS_PAYLOAD_TRUNCATED: "true" }), /cut the event off/],
    ["what is no notification", "topic", message("thing"), /no notification/],
  ])("%s is left where it is", async (_, kind, dead, reason) => {
    await expect(call(dead, { kind, lambda: "work" })).rejects.toThrow(reason);
  });
});

describe("what a lambda failed on is given to it as it was", () => {
  test("the event in Lambda's record", async () => {
    const requestPayload = { Records: [{ eventName: "ObjectCreated:Put" }] };
    const dead = message({ version: "1.0", requestContext: { functionArn: ALIAS, condition: "RetriesExhausted" }, requestPayload });
    expect(await call(dead, { holds: "invocations", lambda: "work" })).toEqual({ lambda: "work", event: requestPayload });
  });

  test("a record without its event is left where it is", async () => {
    await expect(call(message({ requestContext: {} }), { holds: "invocations", lambda: "work" })).rejects.toThrow(/requestPayload/);
  });
});

test.each<[string, Message, string]>([
  [
    "a lambda's error",
    message({ requestContext: { condition: "RetriesExhausted" }, responsePayload: { errorMessage: "no ink" } }),
    "no ink",
  ],
  ["why Lambda gave up", message({ requestContext: { condition: "EventAgeExceeded" } }), "EventAgeExceeded"],
  ["EventBridge's error", message({}, { ERROR_CODE: "NO_PERMISSIONS", ERROR_MESSAGE: "denied" }), "NO_PERMISSIONS: denied"],
  ["SNS's error", message({}, { ErrorCode: "403", ErrorMessage: "denied" }), "403: denied"],
  ["nothing, of a queue's own message", message("thing"), ""],
])("the reason that is shown is %s", (_, dead, reason) => {
  expect(reasonOf(dead)).toBe(reason);
});

const when = new Date("2030-01-01T00:00:00.250Z");
const infoOf = (start: number, end: number, batchSize = end - start + 1) => ({
  shardId: "shardId-1",
  startSequenceNumber: String(start),
  endSequenceNumber: String(end),
  batchSize,
});

describe("what a table's lambda failed on", () => {
  const streams = mockClient(DynamoDBStreamsClient);
  const streamArn = "arn:aws:dynamodb:eu-west-1:111111111111:table/things/stream/1";
  const record = (number: number) => ({
    eventID: `id-${number}`,
    eventName: "INSERT" as const,
    eventSource: "aws:dynamodb",
    dynamodb: { SequenceNumber: String(number), ApproximateCreationDateTime: when, NewImage: { thing: { S: `${number}` } } },
  });
  const read = (info: object) =>
    call(message({ requestContext: { functionArn: ALIAS }, DDBStreamBatchInfo: { streamArn, ...info } }), {
      holds: "positions",
      kind: "table",
    });
  /** Pages that the stream answers, one after the other; then it has no more. */
  function stream(...pages: number[][]): void {
    streams.reset();
    streams.on(GetShardIteratorCommand).resolves({ ShardIterator: "0" });
    streams
      .on(GetRecordsCommand)
      .callsFake(({ ShardIterator }) => ({
        Records: (pages[Number(ShardIterator)] ?? []).map(record),
        NextShardIterator: String(Number(ShardIterator) + 1),
      }));
  }

  test("is read again: these records and no others, over pages and empty pages, in Lambda's form", async () => {
    stream([8, 9], [], [10, 11]);
    const { lambda, event } = await read(infoOf(8, 10));
    expect(lambda).toBe(ALIAS);
    expect(event).toEqual({
      Records: [8, 9, 10].map((number) => ({
        ...record(number),
        eventSourceARN: streamArn,
        dynamodb: { ...record(number).dynamodb, ApproximateCreationDateTime: when.getTime() / 1000 },
      })),
    });
    expect(streams.commandCalls(GetShardIteratorCommand)[0]?.args[0].input).toMatchObject({ ShardId: "shardId-1", SequenceNumber: "8" });
  });

  test.each(["TrimmedDataAccessException", "ResourceNotFoundException"])("is said to be gone after %s", async (name) => {
    stream();
    streams.on(GetShardIteratorCommand).rejects(Object.assign(new Error("gone"), { name }));
    await expect(read(infoOf(8, 8))).rejects.toThrow("the stream no longer holds the records");
  });

  test("is left for another time when the stream does not answer", async () => {
    stream();
    streams.on(GetShardIteratorCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDeniedException" }));
    await expect(read(infoOf(8, 8))).rejects.toThrow("denied");
  });

  test("is left when more records lie there than failed, for nothing says which", async () => {
    stream([8, 9, 10]);
    await expect(read(infoOf(8, 10, 2))).rejects.toThrow(/2 records failed, and 3 lie there.*parallelizationFactor/);
  });

  test("does not read the stream for ever when its last record is not there", async () => {
    stream([8]);
    await expect(read(infoOf(8, 9))).rejects.toThrow("no longer holds");
    stream([8, 10]);
    await expect(read(infoOf(8, 9))).rejects.toThrow("no longer holds");
  });
});

describe("what a Kinesis stream's lambda failed on", () => {
  const kinesis = mockClient(KinesisClient);
  const streamArn = "arn:aws:kinesis:eu-west-1:111111111111:stream/things";
  const read = (info: object) =>
    call(message({ requestContext: { functionArn: ALIAS }, KinesisBatchInfo: { streamArn, ...info } }), {
      holds: "positions",
      kind: "stream",
    });
  function stream(...numbers: number[]): void {
    kinesis.reset();
    kinesis.on(GetKinesisShardIteratorCommand).resolves({ ShardIterator: "first" });
    kinesis
      .on(GetKinesisRecordsCommand)
      .resolves({
        Records: numbers.map((number) => ({
          SequenceNumber: String(number),
          PartitionKey: "key",
          Data: new Uint8Array(Buffer.from("data")),
          ApproximateArrivalTimestamp: when,
        })),
      });
  }

  test("is read again, in Lambda's form", async () => {
    stream(8, 9);
    const { event } = await read(infoOf(8, 8));
    expect(event).toEqual({
      Records: [
        {
          eventSource: "aws:kinesis",
          eventSourceARN: streamArn,
          awsRegion: "eu-west-1",
          eventName: "aws:kinesis:record",
          eventVersion: "1.0",
          eventID: "shardId-1:8",
          kinesis: {
            kinesisSchemaVersion: "1.0",
            partitionKey: "key",
            sequenceNumber: "8",
            data: new Uint8Array(Buffer.from("data")),
            approximateArrivalTimestamp: when.getTime() / 1000,
          },
        },
      ],
    });
  });

  test("is read from the stream itself where the lambda has a consumer of its own", async () => {
    stream(8);
    await read({ ...infoOf(8, 8), streamArn: `${streamArn}/consumer/work:1` });
    expect(kinesis.commandCalls(GetKinesisShardIteratorCommand)[0]?.args[0].input.StreamARN).toBe(streamArn);
  });

  test("is said to be gone when Kinesis begins with what it still has", async () => {
    stream(9, 10);
    await expect(read(infoOf(8, 9))).rejects.toThrow("the stream no longer holds the records");
  });
});

describe("a lambda that is given its event again", () => {
  const lambdas = mockClient(LambdaClient);
  const work = { name: "work", functionName: "shop-sample-int-work", logGroup: "", source: "", zip: "" };
  const stack = stackOf("sample-int", [], { lambdas: [work] });
  const given = (lambda: string, event: unknown = {}) => invoke(new Lambda(settings), stack, { lambda, event });
  function answers(answer: unknown, FunctionError?: string): void {
    lambdas.reset();
    const text = answer === undefined ? "" : JSON.stringify(answer);
    lambdas.on(InvokeCommand).resolves({ FunctionError, Payload: { transformToString: () => text } as never });
  }

  test.each([undefined, null, "done", {}, { batchItemFailures: [] }, { batchItemFailures: null }])(
    "has handled it when it answers %j",
    async (answer) => {
      answers(answer);
      await expect(given("work")).resolves.toBeUndefined();
    },
  );

  test("is invoked by its alias, waited for, and gets binary data as base64", async () => {
    answers(null);
    await given(ALIAS, { data: new Uint8Array(Buffer.from("data")) });
    expect(lambdas.commandCalls(InvokeCommand)[0]?.args[0].input).toEqual({
      FunctionName: work.functionName,
      Qualifier: "current",
      Payload: JSON.stringify({ data: Buffer.from("data").toString("base64") }),
    });
  });

  test.each<[string, unknown, string | undefined, string]>([
    ["throws", { errorMessage: "no ink" }, "Unhandled", "work failed again: no ink"],
    ["dies", undefined, "Unhandled", "work failed again: Unhandled"],
    ["reports a record", { batchItemFailures: [{ itemIdentifier: "8" }] }, undefined, "work failed again, from 8 on"],
  ])("has not handled it when it %s", async (_, answer, error, reason) => {
    answers(answer, error);
    await expect(given("work")).rejects.toThrow(reason);
  });

  test.each(["arn:aws:lambda:eu-west-1:111111111111:function:other:current", "other", ""])(
    "is none of the domain's when it is %j",
    async (lambda) => {
      answers(null);
      await expect(given(lambda)).rejects.toThrow(/sample-int does not have/);
      expect(lambdas.calls()).toHaveLength(0);
    },
  );
});
