import type { Lambda } from "@aws-sdk/client-lambda";
import type { Message } from "@aws-sdk/client-sqs";
import { type DeadLetterQueueDescription, LAMBDA_ALIAS, type TriggerDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import type { BatchPosition } from "./shard-batch";
import { readStreamRecords } from "./stream-records";
import { readTableRecords } from "./table-records";

/** A dead-letter queue of a domain. */
export interface DeadLetterQueue extends DeadLetterQueueDescription {
  /** The id of the trigger whose events it gets. */
  trigger: string;
  kind: TriggerDescription["kind"];
}

/** An event, and the lambda that has to handle it. */
export interface Invocation {
  /** The lambda's name in the domain, or its ARN. */
  lambda: string;
  event: unknown;
}

/** A message that has the position of records in a stream, in place of the records. */
interface PositionMessage {
  /** For the stream of a table. */
  DDBStreamBatchInfo?: BatchPosition;
  /** For a Kinesis stream. */
  KinesisBatchInfo?: BatchPosition;
}

/**
 * Restores the event that was not handled from a message of a dead-letter queue.
 * @param settings of the clients that read the records of a stream again
 * @throws Error when the event cannot be restored
 */
export async function toInvocation(message: Message, queue: DeadLetterQueue, settings: { region: string }): Promise<Invocation> {
  const body = parseJson(message.Body) ?? {};
  const lambda = queue.lambda ?? body.requestContext?.functionArn ?? attributeOf(message, "TARGET_ARN");
  if (queue.holds === "positions") return { lambda, event: { Records: await readRecords(body, settings) } };
  if (queue.holds === "deliveries") return { lambda, event: deliveredEvent(message, queue.kind) };
  if (body.requestPayload === undefined)
    throw new Error("The message that Lambda sent to the dead-letter queue does not contain the event (requestPayload).");
  return { lambda, event: body.requestPayload };
}

/**
 * Invokes a lambda and waits for its answer.
 * @throws Error when the lambda did not handle the event, or not all of its records
 */
export async function invoke(client: Lambda, { stack, lambdas }: Stack, { lambda, event }: Invocation): Promise<void> {
  const functionName = functionNameOf(lambda);
  const target = lambdas.find((each) => each.name === lambda || each.functionName === functionName);
  if (!target) throw new Error(`The event is for ${lambda || "no lambda"}, but ${stack} does not have that lambda.`);

  const answer = await client.invoke({ FunctionName: target.functionName, Qualifier: LAMBDA_ALIAS, Payload: toPayload(event) });
  const { errorMessage, batchItemFailures } = JSON.parse(answer.Payload?.transformToString() || "null") ?? {};
  if (answer.FunctionError) throw new Error(`${target.name} failed again: ${errorMessage ?? answer.FunctionError}`);
  if (batchItemFailures?.length) throw new Error(`${target.name} failed again, at record ${batchItemFailures[0].itemIdentifier}`);
}

/** The reason why a message is in a dead-letter queue. Empty if the message does not contain it. */
export function reasonOf(message: Message): string {
  const { responsePayload, requestContext } = parseJson(message.Body) ?? {};
  // EventBridge and Scheduler write the first two, SNS the others.
  const deliveryErrors = ["ERROR_CODE", "ERROR_MESSAGE", "ErrorCode", "ErrorMessage"].map((name) => attributeOf(message, name));
  return responsePayload?.errorMessage ?? requestContext?.condition ?? deliveryErrors.filter(Boolean).join(": ");
}

/** The function's name in an ARN: `arn:aws:lambda:<region>:<account>:function:<name>:<alias>`. */
function functionNameOf(arn: string): string | undefined {
  return arn.split(":")[6];
}

/** Lambda's events contain binary data as base64. */
function toPayload(event: unknown): string {
  return JSON.stringify(event, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value));
}

async function readRecords(body: PositionMessage, settings: { region: string }): Promise<object[]> {
  if (body.DDBStreamBatchInfo) return readTableRecords(body.DDBStreamBatchInfo, settings);
  if (body.KinesisBatchInfo) return readStreamRecords(body.KinesisBatchInfo, settings);
  throw new Error("The message does not contain a position in a stream.");
}

/** The event as the service would have delivered it to the lambda. */
function deliveredEvent(message: Message, kind: DeadLetterQueue["kind"]): unknown {
  if (attributeOf(message, "IS_PAYLOAD_TRUNCATED") === "true")
    throw new Error("EventBridge Scheduler shortened the event so that it fits into the queue.");
  const body = parseJson(message.Body) ?? {};
  if (kind === "topic") return { Records: [toSnsRecord(body)] };
  if (kind === "schedule") return scheduledEvent(body);
  return body;
}

/**
 * The message of a schedule is the request that failed, which is an Invoke of Lambda, or only the payload of that request.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
function scheduledEvent(body: { FunctionName?: unknown; Payload?: unknown }): unknown {
  const isRequest = body.FunctionName && typeof body.Payload === "string";
  return isRequest ? parseJson(body.Payload as string) : body;
}

/**
 * SNS names some fields differently in a queue than in an event.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
function toSnsRecord({ SigningCertURL, UnsubscribeURL, ...notification }: Record<string, string>): object {
  if (notification.Message === undefined) throw new Error("The message is not a notification of SNS.");
  const EventSubscriptionArn = UnsubscribeURL && new URL(UnsubscribeURL).searchParams.get("SubscriptionArn");
  const Sns = { Subject: null, MessageAttributes: {}, ...notification, SigningCertUrl: SigningCertURL, UnsubscribeUrl: UnsubscribeURL };
  return { EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn, Sns };
}

function attributeOf({ MessageAttributes = {} }: Message, name: string): string {
  return MessageAttributes[name]?.StringValue ?? "";
}
