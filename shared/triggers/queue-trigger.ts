import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Lazy, Token } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { type Duration, days, hours, minutes, seconds } from "../duration";
import { Alarm, failuresIn } from "../resources/alarm";
import { DeadLetterQueue, HIGH_THROUGHPUT_FIFO, queuePolicy } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { deployedId, type FormerId } from "../stack/former-ids";
import { filterCriteria, type Pattern } from "./filter";
import { type AnyFunction, Trigger } from "./trigger";

export interface QueueTriggerProps extends FormerId {
  /** The event in the body of each message, as JSON. */
  event: EventDefinition;
  /**
   * How long a received message stays hidden from other consumers, up to 12 hours.
   * Must be at least the lambda's timeout.
   * @default 6 × the lambda's timeout plus the batch window, as AWS recommends
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  visibilityTimeout?: Duration;
  /**
   * How often a message is received before SQS moves it to the dead-letter queue, 1 to 1,000 times.
   * @default 5, as AWS recommends for lambdas
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  maxReceiveCount?: number;
  /**
   * Creates a FIFO queue: it keeps the messages of a message group in order, and drops a duplicate that is sent within 5 minutes.
   * The sender gives each message a `MessageGroupId`, such as a customer's id.
   * Messages with equal bodies are duplicates unless the sender sets a `MessageDeduplicationId`.
   * A message that fails blocks its group until it succeeds or is in the dead-letter queue. The messages that follow it in the same
   * group and batch count as received too, so they can move to the dead-letter queue with it.
   * If you change this option later, Terraform replaces the queue and its messages are lost.
   * @default false
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html
   */
  fifo?: boolean;
}

export interface QueueWiring {
  /**
   * The largest number of messages in one invocation, 1 to 10,000. For a FIFO queue 1 to 10.
   * More than 10 need a `maxBatchingWindow`.
   * @default 10
   * @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
   */
  batchSize?: number;
  /**
   * How long Lambda collects messages for a batch, 0 to 300 s. For a FIFO queue 0 s.
   * @default 0 s: a message does not wait for others
   * @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
   */
  maxBatchingWindow?: Duration;
  /**
   * The largest number of concurrent invocations for this queue, 2 to 1,000.
   * @default no limit except that of the account
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
   */
  maxConcurrency?: number;
  /**
   * The messages that the lambda gets: those whose body is JSON and matches at least one of these patterns, 1 to 5.
   * Lambda DELETES every other message from the queue, and does not log it.
   * @default all messages
   * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
   */
  filters?: { body: Pattern }[];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const RECOMMENDED_VISIBILITY_FACTOR = 6;

/**
 * The values that SQS uses if Terraform sets none.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const SQS_DEFAULTS = { visibilityTimeout: seconds(30), messageRetention: days(4) };

/**
 * An SQS queue, and the one lambda that processes its messages in batches.
 *
 * With no option set, it creates:
 * - A standard queue that keeps messages for 4 days. It is encrypted with keys of SQS and denies requests without TLS.
 * - A dead-letter queue for messages that failed 5 times, with an alarm that fires on the first one.
 * - An event source mapping with batches of up to 10 messages. If some messages of a batch fail, only those are retried.
 * - An alarm that fires when a message has waited for 30 minutes, or for `maxReceiveCount` × the visibility timeout if that is longer.
 * - An output with the queue's URL.
 *
 * @example
 * const work = new NodejsFunction(this, "work", { timeout: seconds(20) });
 * const jobs = new QueueTrigger(this, "jobs", { event: OrderPlaced, maxReceiveCount: 3 });
 * jobs.invokes(work, {
 *   batchSize: 100,
 *   maxBatchingWindow: seconds(5),
 *   filters: [{ body: { total: [{ numeric: [">", 100] }] } }],
 * });
 */
export class QueueTrigger extends Trigger<QueueWiring> {
  /** The raw queue, for settings that no option covers. The alarm and the checks use the settings that it has at synth time. */
  readonly queue: SqsQueue;
  readonly deadLetterQueue: DeadLetterQueue;
  private readonly fifo: boolean;
  private readonly maxReceiveCount: number;

  constructor(scope: Construct, id: string, { event, visibilityTimeout, maxReceiveCount = 5, fifo = false, formerly }: QueueTriggerProps) {
    super(scope, id, "queue", { formerly });
    const name = this.stack.nameFor(this, fifo ? "FIFO queue" : "SQS queue");
    this.fifo = fifo;
    this.maxReceiveCount = maxReceiveCount;
    checkRange(this, { maxReceiveCount }, { min: 1, max: 1000 });
    checkRange(this, { visibilityTimeout }, { min: 0, max: hours(12), unit: "s" });

    const holds = `messages of ${name} that were received ${maxReceiveCount} times without success`;
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds,
      failedIn: () => this.lambdas,
      // A message of a standard queue keeps its age when it moves to the dead-letter queue. A message of a FIFO queue does not.
      deadline: fifo
        ? undefined
        : () => "The queue deletes a message 14 days after it was first sent, which is at least 10 days after it moved to this queue.",
      sourceQueue: name,
    });
    this.queue = new SqsQueue(this, "queue", {
      name,
      visibilityTimeoutSeconds: visibilityTimeout,
      messageRetentionSeconds: days(4),
      sqsManagedSseEnabled: true,
      policy: queuePolicy(this.stack.arnOf("sqs", name)),
      redrivePolicy: `{"deadLetterTargetArn":"${this.deadLetterQueue.queue.arn}","maxReceiveCount":${maxReceiveCount}}`,
      ...(fifo && { ...HIGH_THROUGHPUT_FIFO, contentBasedDeduplication: true }),
    });
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "messages", source: name });
    this.describe({ address: this.queue.url, event });
  }

  protected wire(lambda: AnyFunction, { batchSize = 10, maxBatchingWindow = seconds(0), maxConcurrency, filters }: QueueWiring): void {
    this.checkSingleLambda();
    this.checkBatch(batchSize, maxBatchingWindow);
    checkRange(this, { maxConcurrency }, { min: 2, max: 1000 });
    this.setDefaultVisibilityTimeout(lambda, maxBatchingWindow);
    this.addAgeAlarm(lambda);
    lambda.grant(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], this.queue.arn);
    new LambdaEventSourceMapping(this, `${deployedId(lambda)}-mapping`, {
      functionName: lambda.alias.arn,
      eventSourceArn: this.queue.arn,
      batchSize,
      maximumBatchingWindowInSeconds: this.fifo ? undefined : maxBatchingWindow,
      scalingConfig: maxConcurrency === undefined ? undefined : { maximumConcurrency: maxConcurrency },
      filterCriteria: filterCriteria(this, filters),
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Lambda rejects the mapping while the execution role does not have the permission to read the queue.
      dependsOn: [lambda.policy],
    });
  }

  private checkSingleLambda(): void {
    if (this.lambdas.length <= 1) return;
    const names = this.lambdas.map((lambda) => lambda.node.id).join(" and ");
    addFinding(this, `invokes ${names}, so each of them would get only a part of the messages. Give each lambda a queue of its own.`);
  }

  private checkBatch(batchSize: number, maxBatchingWindow: Duration): void {
    if (this.fifo) {
      checkRange(this, { "batchSize of a FIFO queue": batchSize }, { min: 1, max: 10 });
      checkRange(this, { "maxBatchingWindow of a FIFO queue": maxBatchingWindow }, { min: 0, max: 0, unit: "s" });
      return;
    }
    checkRange(this, { batchSize }, { min: 1, max: 10_000 });
    checkRange(this, { maxBatchingWindow }, { min: 0, max: 300, unit: "s" });
    if (batchSize > 10 && maxBatchingWindow === 0) {
      const fix = "Set maxBatchingWindow, for example to seconds(5)";
      addFinding(this, `batchSize is ${batchSize}, but Lambda accepts more than 10 only with a batch window. ${fix}.`);
    }
  }

  /**
   * Sets the visibility timeout of a queue that has none yet. This cannot happen in the constructor, because the default depends
   * on the lambda. If only Terraform knows the lambda's timeout, there is no default.
   */
  private setDefaultVisibilityTimeout(lambda: AnyFunction, maxBatchingWindow: Duration): void {
    if (this.queue.visibilityTimeoutSecondsInput !== undefined || Token.isUnresolved(lambda.timeout)) return;
    this.queue.visibilityTimeoutSeconds = RECOMMENDED_VISIBILITY_FACTOR * lambda.timeout + maxBatchingWindow;
  }

  /**
   * Adds the alarm that fires when the lambda does not keep up with the queue. A message that keeps failing fires the alarm of the
   * dead-letter queue instead, so this alarm waits until such a message has been received `maxReceiveCount` times.
   */
  private addAgeAlarm(lambda: AnyFunction): void {
    const { logGroupName, functionName } = lambda;
    const { stack } = this;
    const threshold = () => Math.max(minutes(30), this.maxReceiveCount * (this.visibilityTimeout ?? 0));
    const description = () =>
      [
        `A message in ${this.queue.nameInput} has waited for ${Math.floor(threshold() / 60)} minutes.`,
        `${deployedId(lambda)} does not run, or it is too slow.`,
        `Read its log: ${failuresIn(this, logGroupName)}.`,
        `If the log has no line, see whether the mapping is enabled: aws lambda list-event-source-mappings --function-name ${functionName}:current --region ${stack.project.region}.`,
        "If the lambda fails, fix the cause.",
        "If the alarm on its throttles fires too, do what that alarm says.",
        `If the lambda is only slow, raise its memorySize or its maxConcurrency in its stack.ts and run npm run deploy -- ${stack.deployedStack}.`,
      ].join(" ");
    new Alarm(this, `${deployedId(lambda)}-late`, {
      metric: ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", this.queue.name],
      statistic: "Maximum",
      period: minutes(5),
      // Lazy, because stack.ts can still change the visibility timeout of the raw queue.
      threshold: Lazy.numberValue({ produce: threshold }),
      description: Lazy.stringValue({ produce: description }),
    });
  }

  /** The queue's visibility timeout at synth time, or undefined if only Terraform knows it. */
  private get visibilityTimeout(): number | undefined {
    return knownNumber(attributesOf(this.queue).visibility_timeout_seconds ?? SQS_DEFAULTS.visibilityTimeout);
  }

  /** Checks the queues as they are at synth time, because stack.ts can change the raw queues. */
  protected override problems(): string[] {
    return [...super.problems(), ...this.visibilityProblems(), ...this.retentionProblems(), ...this.receiveProblems()];
  }

  /** AWS rejects the mapping if the visibility timeout of the queue is shorter than the timeout of the lambda. */
  private visibilityProblems(): string[] {
    return this.lambdas.flatMap(({ node, timeout }) => {
      if (Token.isUnresolved(timeout)) {
        const hasValue = attributesOf(this.queue).visibility_timeout_seconds !== undefined;
        if (hasValue) return [];
        return [`only Terraform knows the timeout of ${node.id}, so visibilityTimeout does not have a default. Set visibilityTimeout.`];
      }
      if (this.visibilityTimeout === undefined || this.visibilityTimeout >= timeout) return [];
      const values = `visibilityTimeout is ${this.visibilityTimeout} s, but ${node.id} can run for ${timeout} s`;
      const recommended = `${RECOMMENDED_VISIBILITY_FACTOR * timeout} s (${RECOMMENDED_VISIBILITY_FACTOR} × the timeout)`;
      return [`${values}, so SQS rejects the mapping. Set visibilityTimeout to at least ${recommended}, or leave it out.`];
    });
  }

  /** A message of a standard queue keeps its age when it moves, so the dead-letter queue must keep it for longer. */
  private retentionProblems(): string[] {
    const inQueue = retentionOf(this.queue);
    const inDeadLetterQueue = retentionOf(this.deadLetterQueue.queue);
    if (inQueue === undefined || inDeadLetterQueue === undefined || inDeadLetterQueue > inQueue) return [];
    const values = `the queue keeps messages for ${inQueue} s, and its dead-letter queue keeps them for ${inDeadLetterQueue} s`;
    return [`${values}, so a failed message can be deleted at once. Set a longer messageRetentionSeconds on the dead-letter queue.`];
  }

  /** SQS deletes a message at the end of its retention, also if it has not been received `maxReceiveCount` times yet. */
  private receiveProblems(): string[] {
    const retention = retentionOf(this.queue);
    if (this.visibilityTimeout === undefined || retention === undefined) return [];
    const allReceives = this.maxReceiveCount * this.visibilityTimeout;
    if (allReceives < retention) return [];
    const receives = `${this.maxReceiveCount} receives of ${this.visibilityTimeout} s each take ${allReceives} s`;
    const values = `${receives}, but the queue keeps a message for ${retention} s`;
    return [`${values}, so SQS deletes it before it can move to the dead-letter queue. Lower maxReceiveCount or visibilityTimeout.`];
  }
}

interface QueueAttributes {
  visibility_timeout_seconds?: unknown;
  message_retention_seconds?: unknown;
}

/** The attributes of a queue as Terraform gets them, whether an option, a raw change or an override set them. */
function attributesOf(queue: SqsQueue): QueueAttributes {
  const { resource } = queue.toTerraform();
  return resource[queue.terraformResourceType][queue.friendlyUniqueId];
}

/** How long a queue keeps a message, in seconds, or undefined if only Terraform knows it. */
function retentionOf(queue: SqsQueue): number | undefined {
  return knownNumber(attributesOf(queue).message_retention_seconds ?? SQS_DEFAULTS.messageRetention);
}

/** The value if it is a number, and undefined if it is a token or a reference, which only Terraform can resolve. */
function knownNumber(value: unknown): number | undefined {
  return typeof value === "number" && !Token.isUnresolved(value) ? value : undefined;
}
