/**
 * The test kit for handlers: makes events as AWS sends them, and passes them to a handler.
 *
 * | trigger | test with | the test sees |
 * | --- | --- | --- |
 * | queue | `await deliver(handler, event)` | the ids of the messages that SQS delivers again |
 * | table | `await deliverChanges(handler, { item })` | the sequence number of the change from which Lambda retries |
 * | Kinesis stream | `await deliverRecords(handler, event)` | the sequence number of the record from which Lambda retries |
 * | topic | `await push(handler, topicEvent(event))` | the error that the handler throws, which makes Lambda retry |
 * | bus | `await push(handler, busEvent(event))` | the same |
 * | bucket | `await push(handler, bucketEvent({ key }))` | the same |
 * | schedule | `await push(handler, scheduleEvent(event))` | the same |
 * | HTTP API | `await request(handler, { body })` of `http-events.ts` | the response |
 *
 * In this table, `event` is an event as the domain's `contract.ts` defines it. Every event definition has an `example`.
 *
 * The other files of the kit are for handlers that use more than their event:
 * - `idempotency-store.ts`, when the handler has an `idempotencyKey` or is `idempotent`
 * - `secret-store.ts`, when the handler calls `readSecret`
 * - `logs.ts`, to check the log, and to keep it off the screen
 *
 * A test sets the handler's environment variables in `process.env`. It replaces the AWS SDK with `aws-sdk-client-mock`.
 *
 * @example A complete test of a queue handler, `__tests__/domains/orders/record-order.test.ts`
 * import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
 * import { mockClient } from "aws-sdk-client-mock";
 * import { OrderPlaced } from "../../../domains/orders/contract";
 * import { handler } from "../../../domains/orders/lambdas/record-order";
 * import { deliver } from "../../../testing/events";
 * import { idempotencyStore } from "../../../testing/idempotency-store";
 * import { captureLogs } from "../../../testing/logs";
 *
 * captureLogs();
 * idempotencyStore();
 * process.env.LEDGER_TABLE = "ledger";
 * const dynamodb = mockClient(DynamoDBDocumentClient);
 * beforeEach(() => dynamodb.reset());
 *
 * test("an order is written to the ledger", async () => {
 *   expect(await deliver(handler, OrderPlaced.example)).toEqual([]);
 *   expect(dynamodb.commandCalls(PutCommand)).toHaveLength(1);
 * });
 *
 * test("SQS delivers an order again when DynamoDB rejects it", async () => {
 *   dynamodb.on(PutCommand).rejects(new Error("throttled"));
 *   expect(await deliver(handler, OrderPlaced.example)).toEqual(["message-1"]);
 * });
 */

import { marshall } from "@aws-sdk/util-dynamodb";
import type {
  Context,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  DynamoDBStreamHandler,
  EventBridgeEvent,
  Handler,
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisStreamHandler,
  S3Event,
  SNSEvent,
  SQSBatchResponse,
  SQSEvent,
  SQSHandler,
} from "aws-lambda";

/**
 * The Lambda context of every invocation of the kit. Its request id is `request-1`, and 10 seconds remain.
 *
 * @example
 * const soonTimedOut = { ...lambdaContext, getRemainingTimeInMillis: () => 1 };
 * await handler(queueEvent(OrderPlaced.example), soonTimedOut, noCallback);
 */
export const lambdaContext: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: "function",
  functionVersion: "1",
  invokedFunctionArn: "arn:aws:lambda:eu-central-1:111111111111:function:function:current",
  memoryLimitInMB: "256",
  awsRequestId: "request-1",
  logGroupName: "/aws/lambda/function",
  logStreamName: "stream",
  getRemainingTimeInMillis: () => 10_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

/**
 * The third argument of a handler, which AWS's types require. Handlers return a promise, so no handler calls it.
 *
 * @example
 * await handler(queueEvent(OrderPlaced.example), lambdaContext, noCallback);
 */
export const noCallback = () => {
  throw new Error("The handler called its callback. Handlers return a promise instead.");
};

/**
 * Makes a batch of SQS messages with the ids `message-1`, `message-2`…
 * @param bodies text is sent as it is, and everything else as JSON
 *
 * @example
 * const event = queueEvent(OrderPlaced.example, "not JSON");
 */
export function queueEvent(...bodies: unknown[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index + 1}`,
      receiptHandle: `receipt-${index + 1}`,
      body: asText(body),
      attributes: { ApproximateReceiveCount: "1", SentTimestamp: "0", SenderId: "sender", ApproximateFirstReceiveTimestamp: "0" },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-central-1:111111111111:queue",
      awsRegion: "eu-central-1",
    })),
  };
}

/**
 * Delivers messages to a queue handler, in one batch.
 * @param bodies text is sent as it is, and everything else as JSON
 * @returns the ids of the messages that failed, which SQS delivers again: `message-1` is the first message
 *
 * @example
 * expect(await deliver(handler, OrderPlaced.example)).toEqual([]);
 * expect(await deliver(handler, OrderPlaced.example, "not JSON")).toEqual(["message-2"]);
 */
export async function deliver(handler: SQSHandler, ...bodies: unknown[]): Promise<string[]> {
  return failuresOf(await handler(queueEvent(...bodies), lambdaContext, noCallback));
}

/** A change of one item of a table. */
export interface ItemChange {
  /**
   * The kind of the change: `INSERT`, `MODIFY` or `REMOVE`.
   * @default INSERT
   */
  eventName?: NonNullable<DynamoDBRecord["eventName"]>;
  /**
   * The item after the change.
   * @default none, as for `REMOVE`
   */
  item?: object;
  /**
   * The item before the change.
   * @default none, as for `INSERT`
   */
  oldItem?: object;
}

/**
 * Makes a batch of a table's DynamoDB stream, with the sequence numbers `change-1`, `change-2`…
 *
 * @example
 * const event = tableEvent({ item: LedgerEntryWritten.example }, { eventName: "REMOVE", oldItem: LedgerEntryWritten.example });
 */
export function tableEvent(...changes: ItemChange[]): DynamoDBStreamEvent {
  return {
    Records: changes.map(({ eventName = "INSERT", item, oldItem }, index) => ({
      eventID: `event-${index + 1}`,
      eventName,
      eventSource: "aws:dynamodb",
      awsRegion: "eu-central-1",
      dynamodb: {
        SequenceNumber: `change-${index + 1}`,
        StreamViewType: "NEW_AND_OLD_IMAGES",
        NewImage: item && image(item),
        OldImage: oldItem && image(oldItem),
      },
    })),
  };
}

/** The item in DynamoDB's notation. The AWS SDK and `@types/aws-lambda` have different types for it. */
const image = (item: object) => marshall(item) as NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"];

/**
 * Delivers changes to a table handler, in one batch.
 * @returns the sequence number of the first change that failed, from which Lambda retries: `change-1` is the first change. Empty
 * when no change failed.
 *
 * @example
 * expect(await deliverChanges(handler, { item: LedgerEntryWritten.example })).toEqual([]);
 * expect(await deliverChanges(handler, { item: { orderId: "not a UUID" } })).toEqual(["change-1"]);
 */
export async function deliverChanges(handler: DynamoDBStreamHandler, ...changes: ItemChange[]): Promise<string[]> {
  return failuresOf(await handler(tableEvent(...changes), lambdaContext, noCallback));
}

/**
 * Makes a batch of a Kinesis stream, with the sequence numbers `record-1`, `record-2`…
 * @param bodies text is sent as it is, and everything else as JSON
 *
 * @example
 * const event = kinesisEvent(ReceiptSent.example, "not JSON");
 */
export function kinesisEvent(...bodies: unknown[]): KinesisStreamEvent {
  return {
    Records: bodies.map((body, index) => ({
      awsRegion: "eu-central-1",
      eventID: `shardId-000000000000:record-${index + 1}`,
      eventName: "aws:kinesis:record",
      eventSource: "aws:kinesis",
      eventSourceARN: "arn:aws:kinesis:eu-central-1:111111111111:stream/stream",
      eventVersion: "1.0",
      invokeIdentityArn: "arn:aws:iam::111111111111:role/role",
      kinesis: {
        approximateArrivalTimestamp: 1_893_456_000,
        data: Buffer.from(asText(body)).toString("base64"),
        kinesisSchemaVersion: "1.0",
        partitionKey: "key",
        sequenceNumber: `record-${index + 1}`,
      },
    })),
  };
}

/**
 * Delivers records to a stream handler, in one batch.
 * @param bodies text is sent as it is, and everything else as JSON
 * @returns the sequence number of the first record that failed, from which Lambda retries: `record-1` is the first record. Empty
 * when no record failed.
 *
 * @example
 * expect(await deliverRecords(handler, ReceiptSent.example)).toEqual([]);
 * expect(await deliverRecords(handler, "not JSON", ReceiptSent.example)).toEqual(["record-1"]);
 */
export async function deliverRecords(handler: KinesisStreamHandler, ...bodies: unknown[]): Promise<string[]> {
  return failuresOf(await handler(kinesisEvent(...bodies), lambdaContext, noCallback));
}

/**
 * Makes the event of one SNS message.
 * @param body text is sent as it is, and everything else as JSON
 *
 * @example
 * await push(handler, topicEvent(InvoiceIssued.example));
 */
export function topicEvent(body: unknown): SNSEvent {
  const message = {
    Message: asText(body),
    MessageId: "message-1",
    Timestamp: "2030-01-01T00:00:00.000Z",
    TopicArn: "arn:topic",
    Type: "Notification",
    Subject: null,
    MessageAttributes: {},
  };
  const signature = { SignatureVersion: "1", Signature: "", SigningCertUrl: "", UnsubscribeUrl: "" };
  const record = {
    EventSource: "aws:sns",
    EventVersion: "1.0",
    EventSubscriptionArn: "arn:subscription",
    Sns: { ...message, ...signature },
  };
  return { Records: [record] } as unknown as SNSEvent;
}

/**
 * Makes the event of an EventBridge bus.
 * @param detail the event as the sending domain's `contract.ts` defines it
 *
 * @example
 * await push(handler, busEvent(OrderRecorded.example));
 */
export function busEvent<Detail>(detail: Detail): EventBridgeEvent<string, Detail> {
  return {
    version: "0",
    id: "event-1",
    account: "111111111111",
    time: "2030-01-01T00:00:00Z",
    region: "eu-central-1",
    resources: [],
    source: "source",
    "detail-type": "detail-type",
    detail,
  };
}

/**
 * Makes S3's notification about objects that were written to the bucket `bucket`. The objects are not part of it: a test provides
 * them through the mocked S3 client.
 * @param objects `key` is the key before S3 encodes it. `size` is in bytes, 100 by default.
 *
 * @example
 * const s3 = mockClient(S3Client);
 * const body = JSON.stringify(InvoiceRequested.example);
 * s3.on(GetObjectCommand).resolves({ Body: { transformToString: async () => body } as never });
 * await push(handler, bucketEvent({ key: "requests/one.json" }));
 */
export function bucketEvent(...objects: { key: string; size?: number }[]): S3Event {
  const Records = objects.map(({ key, size = 100 }) => ({
    eventName: "ObjectCreated:Put",
    s3: {
      bucket: { name: "bucket" },
      object: { key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/"), size, versionId: "version-1" },
    },
  }));
  return { Records } as unknown as S3Event;
}

/**
 * Makes the event of a schedule, which is the schedule's `input` without an envelope.
 *
 * @example
 * await push(handler, scheduleEvent(ReportDue.example));
 */
export function scheduleEvent<Input extends object>(input: Input): Input {
  return input;
}

/**
 * Passes an event to a handler that Lambda invokes asynchronously: a handler of a topic, bus, bucket or schedule.
 * @throws the error of the handler. On AWS it makes Lambda retry the event.
 *
 * @example
 * await push(handler, busEvent(OrderRecorded.example));
 * await expect(push(handler, busEvent({ orderId: "not a UUID" }))).rejects.toThrow("orderId");
 */
export async function push<Event>(handler: Handler<Event, void>, event: Event): Promise<void> {
  await handler(event, lambdaContext, noCallback);
}

const asText = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body));

// biome-ignore lint/suspicious/noConfusingVoidType: AWS's types use void
const failuresOf = (response: SQSBatchResponse | DynamoDBBatchResponse | KinesisStreamBatchResponse | void) =>
  (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
