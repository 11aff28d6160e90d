import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { type Duration, days } from "../duration";
import { DeadLetterQueue, tlsOnlyPolicy } from "./dead-letter-queue";
import { type AnyFunction, Trigger } from "./trigger";

export interface QueueTriggerProps {
  /** What its messages are. */
  event: EventDefinition;
  /** How long a message is hidden while a lambda has it, at least 6 × the lambda's timeout, so that the retries of a throttled batch fit; 0 s to 12 h. @default 6 × the lambda's timeout */
  visibilityTimeout?: Duration;
  /** Receives before a message goes to the dead-letter queue, 1 to 1,000. @default 5, AWS's advice for lambdas */
  maxReceiveCount?: number;
}

export interface QueueWiring {
  /** Messages that one invocation gets at most, 1 to 10,000; over 10 it needs a window. @default 10 */
  batchSize?: number;
  /** How long SQS gathers messages for a batch, 0 to 300 s. @default 0 s: none waits */
  maxBatchingWindow?: Duration;
  /** Invocations at once at most, 2 to 1,000. @default no limit but the account's */
  maxConcurrency?: number;
}

/** AWS's limits. https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
const BATCH_WITHOUT_WINDOW = 10;
const MOST_RECEIVES = 1000;
/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_FACTOR = 6;

/** SQS: the queue, its dead-letter queue, and one lambda that takes its messages in batches. Those that fail come again, alone. */
export class QueueTrigger extends Trigger<QueueWiring> {
  readonly queue: SqsQueue;
  readonly deadLetterQueue: DeadLetterQueue;
  private readonly visibilityTimeout: Duration | undefined;

  constructor(scope: Construct, id: string, props: QueueTriggerProps) {
    super(scope, id, "queue");
    const name = this.stack.nameFor(this, "SQS queue", id);
    const maxReceiveCount = props.maxReceiveCount ?? 5;
    this.visibilityTimeout = props.visibilityTimeout;
    this.requireRange("maxReceiveCount", maxReceiveCount, 1, MOST_RECEIVES);

    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: `messages of ${name} that failed ${maxReceiveCount} times`,
      sourceQueue: name,
    });
    this.queue = new SqsQueue(this, "queue", {
      name,
      visibilityTimeoutSeconds: this.visibilityTimeout,
      messageRetentionSeconds: days(4),
      sqsManagedSseEnabled: true,
      policy: tlsOnlyPolicy(this.stack.arnOf("sqs", name)),
      redrivePolicy: `{"deadLetterTargetArn":"${this.deadLetterQueue.queue.arn}","maxReceiveCount":${maxReceiveCount}}`,
    });
    this.describe({ address: this.queue.url, deadLetterQueue: this.deadLetterQueue.name, sample: props.event.example });
  }

  protected wire(lambda: AnyFunction, { batchSize = 10, maxBatchingWindow, maxConcurrency }: QueueWiring): void {
    this.checkWiring(lambda, batchSize, maxBatchingWindow, maxConcurrency);
    lambda.allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], this.queue.arn);
    new LambdaEventSourceMapping(this, `${lambda.node.id}-mapping`, {
      functionName: lambda.alias.arn,
      eventSourceArn: this.queue.arn,
      batchSize,
      maximumBatchingWindowInSeconds: maxBatchingWindow,
      scalingConfig: maxConcurrency === undefined ? undefined : { maximumConcurrency: maxConcurrency },
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Lambda refuses a mapping whose role may not read the queue yet.
      dependsOn: [lambda.policy],
    });
  }

  private checkWiring(lambda: AnyFunction, batchSize: number, window: Duration | undefined, maxConcurrency: number | undefined): void {
    if (this.lambdas.length > 1) {
      this.find(
        `invokes ${this.lambdas.map(({ node }) => node.id).join(" and ")}, which would compete for its messages; give each lambda a queue of its own`,
      );
    }
    this.requireRange("batchSize", batchSize, 1, 10_000);
    if (batchSize > BATCH_WITHOUT_WINDOW && !window) {
      this.find(
        `batchSize is ${batchSize}; over ${BATCH_WITHOUT_WINDOW} SQS needs a maxBatchingWindow of at least 1 s, such as seconds(5)`,
      );
    }
    if (maxConcurrency !== undefined) this.requireRange("maxConcurrency", maxConcurrency, 2, 1000);
    this.checkVisibility(lambda);
  }

  private checkVisibility(lambda: AnyFunction): void {
    const visibility = this.visibilityTimeout;
    const advised = VISIBILITY_FACTOR * lambda.timeout;
    if (visibility === undefined) this.queue.visibilityTimeoutSeconds = advised;
    if (visibility === undefined || Token.isUnresolved(visibility) || Token.isUnresolved(lambda.timeout) || visibility >= advised) return;
    const consequence =
      visibility < lambda.timeout ? "SQS refuses the mapping" : "a batch that is throttled would come again while the first still runs";
    this.find(
      `visibilityTimeout is ${visibility} s, but ${lambda.node.id} may run for ${lambda.timeout} s; ${consequence}. Set it to at least ${advised} s (${VISIBILITY_FACTOR} × the timeout), or leave it out`,
    );
  }

  private requireRange(option: string, value: number, least: number, most: number): void {
    if (Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= most)) return;
    this.find(`${option} is ${value}; SQS takes whole numbers from ${least} to ${most}`);
  }
}
