import { setTimeout as sleep } from "node:timers/promises";
import type { Message, SQS } from "@aws-sdk/client-sqs";

/** While a message is looked at, and while a lambda has it: 15 minutes at most, and one to spare. */
const LOOKED_AT_SECONDS = 10;
const IN_HAND_SECONDS = 960;
/** For so long SQS drops what comes again with a deduplication id. */
const DEDUPLICATION_MS = 5 * 60_000;
/** What servers answer that do not know the redrive API. */
const UNKNOWN_TO_SERVER = /InvalidAction|UnsupportedOperation|UnknownOperation|NotImplemented/;

/** What became of a queue's messages. */
export interface Outcome {
  done: number;
  /** Why each other message still lies there. */
  left: string[];
}

export interface Run {
  onProgress: (done: number) => void;
  signal: AbortSignal;
}

/** How many messages lie there, and up to ten of them; they are free again at once. */
export async function peek(sqs: SQS, QueueUrl: string): Promise<{ count: number; messages: Message[] }> {
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: [...names] });
  const messages = await receive(sqs, QueueUrl, 10, LOOKED_AT_SECONDS);
  await release(sqs, QueueUrl, messages);
  // Both figures lag behind by up to a minute.
  const count = names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  return { count: Math.max(count, messages.length), messages };
}

/**
 * Hands over each message once, even if the queue gives it twice, and deletes it when that went well.
 * The others are free again when all have been tried.
 * @param handle may answer the id under which the message, sent elsewhere, could come back meanwhile
 */
export async function drain(
  sqs: SQS,
  QueueUrl: string,
  handle: (message: Message) => Promise<string | undefined>,
  { onProgress, signal }: Run,
): Promise<Outcome> {
  const deleted = new Set<string>();
  const kept = new Map<string, Message | undefined>();
  const left: string[] = [];
  try {
    while (!signal.aborted) {
      const [message] = await receive(sqs, QueueUrl, 1, IN_HAND_SECONDS);
      if (!message) break;
      const { MessageId = "", ReceiptHandle } = message;
      if (kept.has(MessageId)) kept.set(MessageId, message);
      else
        try {
          const comesBackAs = deleted.has(MessageId) ? undefined : await handle(message);
          if (comesBackAs) kept.set(comesBackAs, undefined);
          await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
          onProgress(deleted.add(MessageId).size);
        } catch (error) {
          kept.set(MessageId, message);
          left.push(`${MessageId}: ${(error as Error).message}`);
        }
    }
  } finally {
    await release(sqs, QueueUrl, [...kept.values()]);
  }
  signal.throwIfAborted();
  return { done: deleted.size, left };
}

/** Moves all messages to the queue they came from: by SQS itself, or where the server does not know how, one by one. */
export async function moveBack(sqs: SQS, QueueUrl: string, source: string, run: Run): Promise<Outcome> {
  const { Attributes: { QueueArn: SourceArn } = {} } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
  const lastTask = async () => (await sqs.listMessageMoveTasks({ SourceArn, MaxResults: 1 })).Results?.[0];
  try {
    // One that was begun before and runs yet is waited for: SQS takes no second.
    const { Status, DestinationArn } = (await lastTask()) ?? {};
    if (Status === "RUNNING" && DestinationArn) throw new Error(`somebody moves its messages to ${DestinationArn}; wait, or stop that`);
    if (Status !== "RUNNING") await sqs.startMessageMoveTask({ SourceArn });
  } catch (error) {
    if (!UNKNOWN_TO_SERVER.test((error as Error).name)) throw error;
    const { QueueUrl: target } = await sqs.getQueueUrl({ QueueName: source });
    return drain(sqs, QueueUrl, (message) => send(sqs, target, message), run);
  }
  for (;;) {
    const task = await lastTask();
    const done = task?.ApproximateNumberOfMessagesMoved ?? 0;
    run.onProgress(done);
    if (task?.Status === "COMPLETED") return { done, left: [] };
    if (task && task.Status !== "RUNNING") return { done, left: [`SQS stopped moving (${task.Status}): ${task.FailureReason ?? ""}`] };
    await sleep(1000, undefined, { signal: run.signal });
  }
}

async function send(sqs: SQS, QueueUrl: string | undefined, { Body, MessageAttributes, Attributes = {} }: Message) {
  const { MessageGroupId, MessageDeduplicationId, SentTimestamp } = Attributes;
  const age = Date.now() - Number(SentTimestamp);
  if (MessageDeduplicationId && age < DEDUPLICATION_MS)
    throw new Error(`SQS would drop it as a duplicate for another ${Math.ceil((DEDUPLICATION_MS - age) / 1000)} s`);
  const sent = await sqs.sendMessage({ QueueUrl, MessageBody: Body, MessageAttributes, MessageGroupId, MessageDeduplicationId });
  return sent.MessageId;
}

async function receive(sqs: SQS, QueueUrl: string, MaxNumberOfMessages: number, VisibilityTimeout: number): Promise<Message[]> {
  // Asked without waiting, SQS looks at some of its servers only.
  const all = { WaitTimeSeconds: 1, MessageSystemAttributeNames: ["All" as const], MessageAttributeNames: ["All"] };
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages, VisibilityTimeout, ...all });
  return Messages;
}

async function release(sqs: SQS, QueueUrl: string, messages: (Message | undefined)[]): Promise<void> {
  const receipts = messages.flatMap((message) => message?.ReceiptHandle ?? []);
  const free = (ReceiptHandle: string) => sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
  // SQS refuses it for one that is free already, because the others took longer than it was hidden.
  await Promise.allSettled(receipts.map(free));
}
