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
 * Events as AWS makes them, so that a handler's test is five lines. It gives the event, or several, as the handler's contract has it:
 *
 * | trigger | |
 * | --- | --- |
 * | queue | `deliver(handler, event)`, which tells what comes again |
 * | table | `stream(handler, { item })`, which tells from where it comes again |
 * | stream (Kinesis) | `deliverRecords(handler, event)`, likewise |
 * | HTTP API | `request(handler, { body })` of `http-events.ts`, which tells the answer |
 * | topic, bus, bucket, schedule | `push(handler, topicEvent(event))`, `busEvent(event)`, `bucketEvent({ key })`, `scheduleEvent(event)`; what the handler throws sends it back |
 */

export const lambdaContext: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: "function",
  functionVersion: "1",
  invokedFunctionArn: "arn:aws:lambda:eu-central-1:111111111111:function:function:live",
  memoryLimitInMB: "256",
  awsRequestId: "request-1",
  logGroupName: "/aws/lambda/function",
  logStreamName: "stream",
  getRemainingTimeInMillis: () => 10_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

/** A lambda answers by its promise. */
export const noCallback = () => {
  throw new Error("no handler calls back");
};

/** A batch of messages: `message-1`, `message-2`… A body becomes JSON, but text goes as it is. */
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

/** Delivers a batch of messages. @returns which of them come again */
export async function deliver(handler: SQSHandler, ...bodies: unknown[]): Promise<string[]> {
  return failuresOf(await handler(queueEvent(...bodies), lambdaContext, noCallback));
}

/** What happened to one item. */
export interface Change {
  /** @default INSERT */
  is?: NonNullable<DynamoDBRecord["eventName"]>;
  /** As it is after the change. */
  item?: object;
  /** As it was before the change. */
  before?: object;
}

/** A batch of a stream with old and new images: `change-1`, `change-2`… */
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

/** The two declare the same shape under different names. */
const image = (item: object) => marshall(item) as NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"];

/** Delivers a batch of changes. @returns where the stream comes again from: the first of them */
export async function stream(handler: DynamoDBStreamHandler, ...changes: Change[]): Promise<string[]> {
  return failuresOf(await handler(tableEvent(...changes), lambdaContext, noCallback));
}

/** A batch of a Kinesis stream: `record-1`, `record-2`… A body becomes JSON, but text goes as it is. */
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

/** Delivers a batch of a Kinesis stream. @returns where the stream comes again from: the first of them */
export async function deliverRecords(handler: KinesisStreamHandler, ...bodies: unknown[]): Promise<string[]> {
  return failuresOf(await handler(kinesisEvent(...bodies), lambdaContext, noCallback));
}

/** One message of a topic. A body becomes JSON, but text goes as it is. */
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

/** One event of a bus. */
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

/** Objects that were written: their keys as they are, as S3 tells of them. */
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

/** What a schedule sends: its input, as it is. */
export function scheduleEvent<Input extends object>(input: Input): Input {
  return input;
}

/** Pushes an event to a handler that nobody waits for. What it throws sends the event back. */
export async function push<Event>(handler: Handler<Event, void>, event: Event): Promise<void> {
  await handler(event, lambdaContext, noCallback);
}

// biome-ignore lint/suspicious/noConfusingVoidType: as AWS's types have it
const failuresOf = (response: SQSBatchResponse | DynamoDBBatchResponse | KinesisStreamBatchResponse | void) =>
  (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
