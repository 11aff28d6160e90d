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
 * The events of every trigger, in the form in which AWS delivers them. A test passes the events of the handler's contract:
 *
 * | trigger | call | result |
 * | --- | --- | --- |
 * | queue | `deliver(handler, event)` | the ids of the messages that are retried |
 * | table | `stream(handler, { item })` | the position from which the stream is delivered again |
 * | Kinesis stream | `deliverRecords(handler, event)` | the same |
 * | HTTP API | `request(handler, { body })` of `http-events.ts` | the answer |
 * | topic | `push(handler, topicEvent(event))` | throws if the event failed |
 * | bus | `push(handler, busEvent(event))` | throws if the event failed |
 * | bucket | `push(handler, bucketEvent({ key }))` | throws if the event failed |
 * | schedule | `push(handler, scheduleEvent(event))` | throws if the event failed |
 */

/** The context of an invocation. */
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

/** Stands in for the callback of older handlers. A handler of this project answers with a promise. */
export const noCallback = () => {
  throw new Error("a handler must answer with a promise, and this one called back");
};

/** A batch of messages with the ids `message-1`, `message-2`… An object is sent as JSON, and a text unchanged. */
export function queueEvent(...bodies: unknown[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index + 1}`,
      receiptHandle: `receipt-${index + 1}`,
      body: typeof body === "string" ? body : JSON.stringify(body),
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
 * Delivers a batch of messages.
 * @returns the ids of the messages that are retried
 * @example
 * expect(await deliver(handler, OrderPlaced.example)).toEqual([]);
 */
export async function deliver(handler: SQSHandler, ...bodies: unknown[]): Promise<string[]> {
  return failuresOf(await handler(queueEvent(...bodies), lambdaContext, noCallback));
}

/** A change of one item. */
export interface Change {
  /**
   * The kind of change.
   * @default INSERT
   */
  is?: NonNullable<DynamoDBRecord["eventName"]>;
  /** The item after the change. */
  item?: object;
  /** The item before the change. */
  before?: object;
}

/** A batch of a table's stream with old and new images. Its positions are `change-1`, `change-2`… */
export function tableEvent(...changes: Change[]): DynamoDBStreamEvent {
  return {
    Records: changes.map(({ is = "INSERT", item, before }, index) => ({
      eventID: `event-${index + 1}`,
      eventName: is,
      eventSource: "aws:dynamodb",
      awsRegion: "eu-central-1",
      dynamodb: {
        SequenceNumber: `change-${index + 1}`,
        StreamViewType: "NEW_AND_OLD_IMAGES",
        NewImage: item && image(item),
        OldImage: before && image(before),
      },
    })),
  };
}

/** The SDK and the types of Lambda declare the same shape under different names. */
const image = (item: object) => marshall(item) as NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"];

/**
 * Delivers a batch of changes of a table.
 * @returns the position from which the stream is delivered again; empty if all changes are handled
 * @example
 * expect(await stream(handler, { item: LedgerEntryWritten.example })).toEqual([]);
 */
export async function stream(handler: DynamoDBStreamHandler, ...changes: Change[]): Promise<string[]> {
  return failuresOf(await handler(tableEvent(...changes), lambdaContext, noCallback));
}

/** A batch of a Kinesis stream with the positions `record-1`, `record-2`… An object is sent as JSON, and a text unchanged. */
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
        data: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)).toString("base64"),
        kinesisSchemaVersion: "1.0",
        partitionKey: "key",
        sequenceNumber: `record-${index + 1}`,
      },
    })),
  };
}

/**
 * Delivers a batch of a Kinesis stream.
 * @returns the position from which the stream is delivered again; empty if all records are handled
 * @example
 * expect(await deliverRecords(handler, ReceiptSent.example)).toEqual([]);
 */
export async function deliverRecords(handler: KinesisStreamHandler, ...bodies: unknown[]): Promise<string[]> {
  return failuresOf(await handler(kinesisEvent(...bodies), lambdaContext, noCallback));
}

/** One message of a topic. An object is sent as JSON, and a text unchanged. */
export function topicEvent(body: unknown): SNSEvent {
  const Message = typeof body === "string" ? body : JSON.stringify(body);
  const signature = { SignatureVersion: "1", Signature: "", SigningCertUrl: "", UnsubscribeUrl: "" };
  const Sns = {
    Message,
    MessageId: "message-1",
    Timestamp: "2030-01-01T00:00:00.000Z",
    TopicArn: "arn:topic",
    Type: "Notification",
    Subject: null,
  };
  const Records = [
    {
      EventSource: "aws:sns",
      EventVersion: "1.0",
      EventSubscriptionArn: "arn:subscription",
      Sns: { ...Sns, ...signature, MessageAttributes: {} },
    },
  ];
  return { Records } as unknown as SNSEvent;
}

/** One event of a bus, with this detail. */
export function busEvent<Detail>(detail: Detail): EventBridgeEvent<string, Detail> {
  const fixed = {
    version: "0",
    id: "event-1",
    account: "111111111111",
    time: "2030-01-01T00:00:00Z",
    region: "eu-central-1",
    resources: [],
  };
  return { ...fixed, source: "source", "detail-type": "detail-type", detail };
}

/** An event for objects that were written. Pass the keys as they are; S3 sends them encoded. */
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

/** The event of a schedule: its input, unchanged. */
export function scheduleEvent<Input extends object>(input: Input): Input {
  return input;
}

/**
 * Delivers an event of a bus, bucket, topic or schedule.
 * @throws what the handler throws: Lambda then retries the event
 * @example
 * await push(handler, busEvent(OrderRecorded.example));
 */
export async function push<Event>(handler: Handler<Event, void>, event: Event): Promise<void> {
  await handler(event, lambdaContext, noCallback);
}

// biome-ignore lint/suspicious/noConfusingVoidType: as AWS's types have it
const failuresOf = (response: SQSBatchResponse | DynamoDBBatchResponse | KinesisStreamBatchResponse | void) =>
  (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
