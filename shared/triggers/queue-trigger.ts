import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { type Duration, days, minutes, seconds } from "../duration";
import { Alarm } from "../resources/alarm";
import { DeadLetterQueue, HIGH_THROUGHPUT_FIFO, queuePolicy } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { filterCriteria, type Pattern } from "./filter";
import { type AnyFunction, Trigger } from "./trigger";

export interface QueueTriggerProps {
  /** What its messages are. */
  event: EventDefinition;
  /** How long a message is hidden while a lambda has it; at least the lambda's timeout, up to 12 h. @default 6 × the lambda's timeout and the batching window, as AWS advises, so that the retries of a throttled batch fit */
  visibilityTimeout?: Duration;
  /** Receives before a message goes to the dead-letter queue, 1 to 1,000. @default 5, AWS's advice for lambdas */
  maxReceiveCount?: number;
  /**
   * Keeps a group's messages in order, and drops what is sent twice in 5 minutes. Senders give a `MessageGroupId`, such as a customer's id, and a
   * `MessageDeduplicationId` where two equal messages are two events. One that fails holds up its group until it is handled or in the dead-letter
   * queue; what waits behind it in a batch is received as often, and ends there with it. Changed later, it makes another queue, and loses what is in the first. @default false
   */
  fifo?: boolean;
}

/** Limits: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
export interface QueueWiring {
  /** Messages that one invocation gets at most, 1 to 10,000; over 10 it needs a window. FIFO: 1 to 10. @default 10 */
  batchSize?: number;
  /** How long SQS gathers messages for a batch, 0 to 300 s. FIFO: 0 s. @default 0 s: none waits */
  maxBatchingWindow?: Duration;
  /** Invocations at once at most, 2 to 1,000. @default no limit but the account's */
  maxConcurrency?: number;
  /** Which messages the lambda gets, up to 5 patterns of the JSON in their body; one that fits none, or is no JSON, is DELETED from the queue, unseen. @default it gets all */
  filters?: { body: Pattern }[];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_FACTOR = 6;

/** SQS: the queue, its dead-letter queue, and one lambda that takes its messages in batches. Those that fail come again, alone. */
export class QueueTrigger extends Trigger<QueueWiring> {
  readonly queue: SqsQueue;
  readonly deadLetterQueue: DeadLetterQueue;
  private readonly visibilityTimeout?: Duration;
  private readonly fifo: boolean;
  private readonly maxReceiveCount: number;

  constructor(scope: Construct, id: string, { event, visibilityTimeout, maxReceiveCount = 5, fifo = false }: QueueTriggerProps) {
    super(scope, id, "queue");
    const name = this.stack.nameFor(this, fifo ? "FIFO queue" : "SQS queue");
    this.visibilityTimeout = visibilityTimeout;
    this.fifo = fifo;
    this.maxReceiveCount = maxReceiveCount;
    checkRange(this, "maxReceiveCount", maxReceiveCount, 1, 1000);
    checkRange(this, "visibilityTimeout", visibilityTimeout, 0, 43_200, " s");

    const holds = `messages of ${name} that failed ${maxReceiveCount} times`;
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", { holds, sourceQueue: name });
    this.queue = new SqsQueue(this, "queue", {
      name,
      visibilityTimeoutSeconds: visibilityTimeout,
      messageRetentionSeconds: days(4),
      sqsManagedSseEnabled: true,
      policy: queuePolicy(this.stack.arnOf("sqs", name)),
      redrivePolicy: `{"deadLetterTargetArn":"${this.deadLetterQueue.queue.arn}","maxReceiveCount":${maxReceiveCount}}`,
      // What is equal is the same, unless the sender says otherwise.
      ...(fifo && { ...HIGH_THROUGHPUT_FIFO, contentBasedDeduplication: true }),
    });
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "messages", source: name });
    this.describe({ address: this.queue.url, event });
  }

  protected wire(lambda: AnyFunction, { batchSize = 10, maxBatchingWindow = seconds(0), maxConcurrency, filters }: QueueWiring): void {
    this.checkWiring(batchSize, maxBatchingWindow, maxConcurrency);
    const advised = VISIBILITY_FACTOR * lambda.timeout + maxBatchingWindow;
    this.checkVisibility(lambda, advised);
    this.queue.visibilityTimeoutSeconds = this.visibilityTimeout ?? advised;
    this.addAgeAlarm(lambda, this.visibilityTimeout ?? advised);
    lambda.grant(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], this.queue.arn);
    new LambdaEventSourceMapping(this, `${lambda.node.id}-mapping`, {
      functionName: lambda.alias.arn,
      eventSourceArn: this.queue.arn,
      batchSize,
      maximumBatchingWindowInSeconds: this.fifo ? undefined : maxBatchingWindow,
      scalingConfig: maxConcurrency === undefined ? undefined : { maximumConcurrency: maxConcurrency },
      filterCriteria: filterCriteria(this, filters),
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Lambda refuses a mapping whose role may not read the queue yet.
      dependsOn: [lambda.policy],
    });
  }

  /** One message that only fails is no backlog: it rings from the dead-letter queue, once it has had all its tries. */
  private addAgeAlarm({ node, logGroup }: AnyFunction, visibilityTimeout: number): void {
    const threshold = Math.max(minutes(30), this.maxReceiveCount * visibilityTimeout);
    new Alarm(this, `${node.id}-late`, {
      metric: ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", this.queue.name],
      statistic: "Maximum",
      threshold,
      period: minutes(5),
      description: `A message of ${this.queue.nameInput} has waited for ${Math.floor(threshold / 60)} minutes: ${node.id} does not run, or does not keep up. Read how it fares: aws logs tail ${logGroup.nameInput} --since 1h. If it fails, mend it; if it is throttled, see that alarm; if it is only slow, raise its memorySize or its maxConcurrency.`,
    });
  }

  private checkWiring(batchSize: number, maxBatchingWindow: Duration, maxConcurrency: number | undefined): void {
    const [of, largest, longest] = this.fifo ? [" of a FIFO queue", 10, 0] : ["", 10_000, 300];
    checkRange(this, `batchSize${of}`, batchSize, 1, largest);
    checkRange(this, `maxBatchingWindow${of}`, maxBatchingWindow, 0, longest, " s");
    checkRange(this, "maxConcurrency", maxConcurrency, 2, 1000);
    if (!this.fifo && batchSize > 10 && maxBatchingWindow === 0) {
      addFinding(this, `batchSize is ${batchSize}, and over 10 SQS needs a maxBatchingWindow; add one, such as seconds(5)`);
    }
    if (this.lambdas.length > 1) {
      const names = this.lambdas.map((lambda) => lambda.node.id).join(" and ");
      addFinding(this, `invokes ${names}, which would compete for its messages; give each lambda a queue of its own`);
    }
  }

  private checkVisibility({ node, timeout }: AnyFunction, advised: number): void {
    const visibility = this.visibilityTimeout;
    if (visibility === undefined && Token.isUnresolved(timeout)) {
      addFinding(this, `the timeout of ${node.id} is known to Terraform only, so that no visibilityTimeout can be made from it; give one`);
    }
    if (visibility === undefined || Token.isUnresolved(visibility) || Token.isUnresolved(timeout) || visibility >= timeout) return;
    const fix = `Set it to at least ${advised} s (${VISIBILITY_FACTOR} × the timeout), or leave it out`;
    addFinding(this, `visibilityTimeout is ${visibility} s, but ${node.id} may run for ${timeout} s; SQS refuses the mapping. ${fix}`);
  }

  /** The raw queues may be set to anything. A message keeps its age when it moves, and would be gone too soon. */
  protected override problems(): string[] {
    const [kept = 0, keptFailed = 0] = [this.queue, this.deadLetterQueue.queue].map((each) => each.messageRetentionSecondsInput);
    const hidden = this.queue.visibilityTimeoutSecondsInput ?? 0;
    if ([kept, keptFailed, hidden].some((value) => Token.isUnresolved(value))) return super.problems();
    const tries = `${this.maxReceiveCount} receives of ${hidden} s take longer than the ${kept} s that the queue keeps a message`;
    return [
      ...super.problems(),
      ...(keptFailed > kept ? [] : [`keeps messages for ${kept} s, and its dead-letter queue for ${keptFailed} s; keep them longer there`]),
      ...(this.maxReceiveCount * hidden < kept ? [] : [`${tries}, so that none gets into the dead-letter queue; lower one of the two`]),
    ];
  }
}
