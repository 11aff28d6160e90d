import { setTimeout as sleep } from "node:timers/promises";
import type { Message, SQS } from "@aws-sdk/client-sqs";

/** How long a message stays hidden from other consumers while `peek` shows it. */
const PEEK_VISIBILITY_TIMEOUT_SECONDS = 10;

/** How long a message stays hidden while it is handled: one minute longer than a lambda can run. */
const HANDLING_VISIBILITY_TIMEOUT_SECONDS = 16 * 60;

/**
 * How long SQS drops messages that have the deduplication id of an earlier message.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
 */
const DEDUPLICATION_INTERVAL_MS = 5 * 60_000;

/** The names of the errors of a server that does not support the redrive API of SQS. */
const REDRIVE_NOT_SUPPORTED = /InvalidAction|UnsupportedOperation|UnknownOperation|NotImplemented/;

/** A dead-letter queue. */
export interface Queue {
  sqs: SQS;
  url: string;
}

export interface RedriveOptions {
  /** Called with the number of messages that have been redriven so far. */
  onProgress: (redriven: number) => void;
  /** When it is aborted, no further message is handled. */
  signal: AbortSignal;
}

export interface RedriveResult {
  /** The number of messages that have left the dead-letter queue. */
  redriven: number;
  /** For each message that stays in the queue, its id and the reason. */
  remaining: string[];
}

/**
 * Handles a message of a dead-letter queue.
 * @returns if the message was sent again: the id of the new message, which can come back to the dead-letter queue
 * @throws Error when the message has to stay in the queue
 */
export type MessageHandler = (message: Message) => Promise<string | undefined>;

/** Counts the messages of a queue, and returns up to 10 of them. They are visible to other consumers again immediately. */
export async function peek({ sqs, url }: Queue): Promise<{ count: number; messages: Message[] }> {
  const counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: [...counts] });
  const messages = await receive({ sqs, url }, 10, PEEK_VISIBILITY_TIMEOUT_SECONDS);
  await makeVisible({ sqs, url }, messages);
  const approximateCount = counts.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  // The approximate counts can be up to a minute old.
  return { count: Math.max(approximateCount, messages.length), messages };
}

/**
 * Handles every message of a queue once, even if SQS delivers it twice, and deletes the messages that were handled. The other
 * messages stay hidden until all have been tried, and are visible again afterwards.
 * @throws the signal's reason when it was aborted
 */
export async function drain(queue: Queue, handle: MessageHandler, { onProgress, signal }: RedriveOptions): Promise<RedriveResult> {
  const { sqs, url } = queue;
  const deletedIds = new Set<string>();
  /** Why each message that could not be handled or deleted stays in the queue. */
  const failures = new Map<string, string>();
  /** The ids of messages that were sent again. One that comes back during this run has failed again, and stays in the queue. */
  const resentIds = new Set<string>();
  /** The messages that stay in the queue, each as it was received most recently: only the newest receipt handle can make it visible. */
  const staying = new Map<string, Message>();

  try {
    while (!signal.aborted) {
      const [message] = await receive(queue, 1, HANDLING_VISIBILITY_TIMEOUT_SECONDS);
      if (!message) break;
      const { MessageId: id = "", ReceiptHandle } = message;
      if (failures.has(id) || resentIds.has(id)) {
        staying.set(id, message);
        continue;
      }
      try {
        // SQS can deliver a message again that was deleted.
        if (!deletedIds.has(id)) {
          const resentId = await handle(message);
          if (resentId) resentIds.add(resentId);
        }
        await sqs.deleteMessage({ QueueUrl: url, ReceiptHandle });
        deletedIds.add(id);
        onProgress(deletedIds.size);
      } catch (error) {
        failures.set(id, (error as Error).message);
        staying.set(id, message);
      }
    }
  } finally {
    await makeVisible(queue, [...staying.values()]);
  }
  signal.throwIfAborted();
  return { redriven: deletedIds.size, remaining: [...failures].map(([id, reason]) => `${id}: ${reason}`) };
}

/**
 * Moves all messages to the queue that they came from. SQS moves them itself; if the server does not support that, they are sent
 * and deleted one by one.
 * @param source the name of the queue that they came from
 * @throws Error when SQS is already moving the messages to another queue
 */
export async function moveBack(queue: Queue, source: string, options: RedriveOptions): Promise<RedriveResult> {
  const { sqs, url } = queue;
  const { Attributes: { QueueArn: queueArn = "" } = {} } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["QueueArn"] });
  try {
    await startMoveTask(sqs, queueArn);
  } catch (error) {
    if (!REDRIVE_NOT_SUPPORTED.test((error as Error).name)) throw error;
    const { QueueUrl: sourceUrl = "" } = await sqs.getQueueUrl({ QueueName: source });
    return drain(queue, (message) => send({ sqs, url: sourceUrl }, message), options);
  }
  return finishMoveTask(sqs, queueArn, options);
}

/** Starts to move the messages of a queue, unless an earlier run has already started that. SQS allows one task for a queue. */
async function startMoveTask(sqs: SQS, queueArn: string): Promise<void> {
  const task = await lastMoveTask(sqs, queueArn);
  if (task?.Status !== "RUNNING") {
    await sqs.startMessageMoveTask({ SourceArn: queueArn });
    return;
  }
  const { DestinationArn: destination } = task;
  if (destination)
    throw new Error(`SQS is already moving the messages to ${destination}. Wait until it has finished, or cancel that task.`);
}

async function finishMoveTask(sqs: SQS, queueArn: string, { onProgress, signal }: RedriveOptions): Promise<RedriveResult> {
  for (;;) {
    const task = await lastMoveTask(sqs, queueArn);
    const redriven = task?.ApproximateNumberOfMessagesMoved ?? 0;
    onProgress(redriven);
    if (task?.Status === "COMPLETED") return { redriven, remaining: [] };
    if (task && task.Status !== "RUNNING") {
      const reason = `SQS stopped moving the messages (${task.Status}): ${task.FailureReason ?? "no reason given"}`;
      return { redriven, remaining: [reason] };
    }
    await sleep(1000, undefined, { signal });
  }
}

async function lastMoveTask(sqs: SQS, queueArn: string) {
  const { Results: [task] = [] } = await sqs.listMessageMoveTasks({ SourceArn: queueArn, MaxResults: 1 });
  return task;
}

/** Sends a message to a queue again, with its attributes and its place in a FIFO queue. @returns the id of the new message */
async function send({ sqs, url }: Queue, { Body, MessageAttributes, Attributes = {} }: Message): Promise<string | undefined> {
  const { MessageGroupId, MessageDeduplicationId, SentTimestamp } = Attributes;
  const remainingMs = Number(SentTimestamp) + DEDUPLICATION_INTERVAL_MS - Date.now();
  if (MessageDeduplicationId && remainingMs > 0)
    throw new Error(
      `SQS would drop the message as a duplicate for another ${Math.ceil(remainingMs / 1000)} s. Run the command again after that.`,
    );
  const sent = await sqs.sendMessage({ QueueUrl: url, MessageBody: Body, MessageAttributes, MessageGroupId, MessageDeduplicationId });
  return sent.MessageId;
}

async function receive({ sqs, url }: Queue, maxNumberOfMessages: number, visibilityTimeout: number): Promise<Message[]> {
  const { Messages = [] } = await sqs.receiveMessage({
    QueueUrl: url,
    MaxNumberOfMessages: maxNumberOfMessages,
    VisibilityTimeout: visibilityTimeout,
    // With 0 seconds, SQS asks only some of its servers, and can miss messages.
    WaitTimeSeconds: 1,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  return Messages;
}

/** Makes messages visible to other consumers. */
async function makeVisible({ sqs, url }: Queue, messages: Message[]): Promise<void> {
  const changes = messages.map(({ ReceiptHandle }) => sqs.changeMessageVisibility({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }));
  // SQS rejects the change for a message whose visibility timeout has already expired. That message is visible.
  await Promise.allSettled(changes);
}
