import { DynamoDBStreams, type _Record as TableRecord } from "@aws-sdk/client-dynamodb-streams";
import { Kinesis, type _Record as StreamRecord } from "@aws-sdk/client-kinesis";
import type { Lambda } from "@aws-sdk/client-lambda";
import type { Message } from "@aws-sdk/client-sqs";
import { type DeadLetterQueueDescription, LAMBDA_ALIAS, type TriggerDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { parseJson } from "../cli/json";

/** A dead-letter queue, and the trigger whose events end in it. */
export type DeadLetters = DeadLetterQueueDescription & { trigger: string; kind: TriggerDescription["kind"] };

/** What a lambda, by its name in the domain or its ARN, has to be given again. */
export interface Call {
  lambda: string;
  event: unknown;
}

/** Where records are. https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
interface Positions {
  streamArn: string;
  shardId: string;
  startSequenceNumber: string;
  endSequenceNumber: string;
  batchSize: number;
}

/** Pages without records come between others; so many in a row, and there is nothing more. */
const MOST_EMPTY_PAGES = 20;

/**
 * What a message that is not its queue's own has to become. @throws Error saying why it cannot be brought back
 * @param settings of SDK clients, for records that have to be read again
 */
export async function callOf(message: Message, queue: DeadLetters, settings: object): Promise<Call> {
  const body = parseJson(message.Body) ?? {};
  const lambda = queue.lambda ?? body.requestContext?.functionArn ?? attribute(message, "TARGET_ARN");
  if (queue.holds === "positions") return { lambda, event: { Records: await recordsAt(body, settings) } };
  if (queue.holds === "deliveries") return { lambda, event: deliveredEvent(message, queue.kind) };
  if (body.requestPayload === undefined) throw new Error("Lambda's record does not hold the event (requestPayload)");
  return { lambda, event: body.requestPayload };
}

/** Waits for the lambda's answer. @throws Error when it did not handle the event, or not all of it */
export async function invoke(client: Lambda, { stack, lambdas }: Stack, { lambda, event }: Call): Promise<undefined> {
  const found = lambdas.find(({ name, functionName }) => name === lambda || functionName === lambda.split(":")[6]);
  if (!found) throw new Error(`it is for ${lambda || "no lambda"}, which ${stack} does not have`);
  const Payload = JSON.stringify(event, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value));
  const { FunctionError, Payload: answer } = await client.invoke({ FunctionName: found.functionName, Qualifier: LAMBDA_ALIAS, Payload });
  const { errorMessage, batchItemFailures } = JSON.parse(answer?.transformToString() || "null") ?? {};
  if (FunctionError) throw new Error(`${found.name} failed again: ${errorMessage ?? FunctionError}`);
  if (batchItemFailures?.length) throw new Error(`${found.name} failed again, from ${batchItemFailures[0].itemIdentifier} on`);
}

/** Why it lies there, as far as the message knows. */
export function reasonOf(message: Message): string {
  const { responsePayload, requestContext } = parseJson(message.Body) ?? {};
  const undelivered = ["ERROR_CODE", "ErrorCode", "ERROR_MESSAGE", "ErrorMessage"].map((name) => attribute(message, name));
  return responsePayload?.errorMessage ?? requestContext?.condition ?? undelivered.filter(Boolean).join(": ");
}

/** The event as the service would have handed it to the lambda. */
function deliveredEvent(message: Message, kind: DeadLetters["kind"]): unknown {
  const body = parseJson(message.Body) ?? {};
  if (attribute(message, "IS_PAYLOAD_TRUNCATED") === "true") throw new Error("EventBridge Scheduler cut the event off to fit the queue");
  if (kind === "topic") return { Records: [notification(body)] };
  // Scheduler keeps the request that failed, Lambda's Invoke: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
  return kind === "schedule" && body.FunctionName && typeof body.Payload === "string" ? parseJson(body.Payload) : body;
}

/** SNS spells some fields otherwise in a queue than in an event. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
function notification({ SigningCertURL, UnsubscribeURL, ...message }: Record<string, string>): object {
  if (message.Message === undefined) throw new Error("it is no notification of SNS");
  const EventSubscriptionArn = UnsubscribeURL && new URL(UnsubscribeURL).searchParams.get("SubscriptionArn");
  const Sns = { Subject: null, MessageAttributes: {}, ...message, SigningCertUrl: SigningCertURL, UnsubscribeUrl: UnsubscribeURL };
  return { EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn, Sns };
}

/** The records of a batch, as Lambda makes its event of them. */
async function recordsAt(body: { DDBStreamBatchInfo?: Positions; KinesisBatchInfo?: Positions }, settings: object): Promise<object[]> {
  const ShardIteratorType = "AT_SEQUENCE_NUMBER";
  if (body.DDBStreamBatchInfo) {
    const { streamArn: StreamArn, shardId: ShardId, startSequenceNumber: SequenceNumber } = body.DDBStreamBatchInfo;
    const client = new DynamoDBStreams(settings);
    const records = await readShard(
      body.DDBStreamBatchInfo,
      () => client.getShardIterator({ StreamArn, ShardId, SequenceNumber, ShardIteratorType }),
      (ShardIterator) => client.getRecords({ ShardIterator }),
      ({ dynamodb }: TableRecord) => dynamodb?.SequenceNumber,
    );
    return records.map(({ dynamodb, userIdentity, ...record }) => ({
      ...record,
      eventSourceARN: StreamArn,
      dynamodb: { ...dynamodb, ApproximateCreationDateTime: seconds(dynamodb?.ApproximateCreationDateTime) },
      ...(userIdentity && { userIdentity: { type: userIdentity.Type, principalId: userIdentity.PrincipalId } }),
    }));
  }
  if (!body.KinesisBatchInfo) throw new Error("it says no place in a stream");
  const { streamArn, shardId: ShardId, startSequenceNumber: StartingSequenceNumber } = body.KinesisBatchInfo;
  const client = new Kinesis(settings);
  // A lambda with enhanced fan-out reads by its consumer, whose ARN begins with that of the stream.
  const StreamARN = streamArn.split("/consumer/")[0];
  const records = await readShard(
    body.KinesisBatchInfo,
    () => client.getShardIterator({ StreamARN, ShardId, StartingSequenceNumber, ShardIteratorType }),
    (ShardIterator) => client.getRecords({ ShardIterator }),
    ({ SequenceNumber }: StreamRecord) => SequenceNumber,
  );
  return records.map(
    ({ SequenceNumber: sequenceNumber, PartitionKey: partitionKey, Data: data, ApproximateArrivalTimestamp: arrival }) => ({
      eventSource: "aws:kinesis",
      eventSourceARN: streamArn,
      awsRegion: streamArn.split(":")[3],
      eventName: "aws:kinesis:record",
      eventVersion: "1.0",
      eventID: `${ShardId}:${sequenceNumber}`,
      kinesis: { kinesisSchemaVersion: "1.0", partitionKey, sequenceNumber, data, approximateArrivalTimestamp: seconds(arrival) },
    }),
  );
}

/** Exactly the records of a batch. @throws Error when the stream holds others, or no longer all of them */
async function readShard<Kind>(
  { startSequenceNumber: start, endSequenceNumber: end, batchSize }: Positions,
  open: () => Promise<{ ShardIterator?: string }>,
  read: (iterator: string) => Promise<{ Records?: Kind[]; NextShardIterator?: string }>,
  numberOf: (record: Kind) => string | undefined,
): Promise<Kind[]> {
  const found: Kind[] = [];
  const last = () => found.at(-1) && numberOf(found.at(-1) as Kind);
  try {
    let { ShardIterator: iterator } = await open();
    for (let empty = 0; iterator && empty < MOST_EMPTY_PAGES && last() !== end; ) {
      const { Records = [], NextShardIterator } = await read(iterator);
      const within = Records.filter((record) => BigInt(numberOf(record) ?? 0) <= BigInt(end));
      found.push(...within);
      empty = Records.length > 0 ? 0 : empty + 1;
      iterator = within.length < Records.length ? undefined : NextShardIterator;
    }
  } catch (error) {
    if (!/Trimmed|ResourceNotFound|InvalidArgument/.test((error as Error).name)) throw error;
  }
  // Kinesis begins with what it still has when asked for what it has no longer.
  if (!found[0] || numberOf(found[0]) !== start || last() !== end) throw new Error("the stream no longer holds the records");
  const passedOver = "a filter or a parallelizationFactor left the others out, and nothing says which";
  if (found.length !== batchSize) throw new Error(`${batchSize} records failed, and ${found.length} lie there: ${passedOver}`);
  return found;
}

const seconds = (date: Date | undefined) => date && date.getTime() / 1000;
const attribute = ({ MessageAttributes = {} }: Message, name: string) => MessageAttributes[name]?.StringValue ?? "";
