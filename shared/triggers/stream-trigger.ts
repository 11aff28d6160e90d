import { KinesisStream } from "@cdktf/provider-aws/lib/kinesis-stream";
import { KinesisStreamConsumer } from "@cdktf/provider-aws/lib/kinesis-stream-consumer";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { type Duration, days, hours } from "../duration";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { deployedId, type FormerId } from "../stack/former-ids";
import { addStreamMapping, positionsDeadline, type StreamWiring } from "./stream-mapping";
import { type AnyFunction, Trigger } from "./trigger";

export interface StreamTriggerProps extends FormerId {
  /** The event in the data of each record, as JSON. */
  event: EventDefinition;
  /**
   * A fixed number of shards, 1 to 10,000. Each accepts 1 MB/s and 1,000 records/s, and delivers 2 MB/s.
   * An account may have a lower quota.
   * @default on demand: Kinesis adds and removes shards. docs/costs.md compares the prices
   * @see https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
   */
  shards?: number;
  /**
   * How long the stream keeps records, 24 hours to 365 days, in whole hours.
   * AWS charges extra for more than 24 hours.
   * @default 24 hours
   * @see https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html
   */
  retention?: Duration;
}

export interface KinesisWiring extends StreamWiring {
  /**
   * Gives the lambda 2 MB/s of each shard for itself. AWS charges for each hour of each shard, and for each GB that is read.
   * @default false: the lambda shares the 2 MB/s with all other readers
   * @see https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html
   */
  enhancedFanOut?: boolean;
}

const READ_ACTIONS = [
  "kinesis:DescribeStream",
  "kinesis:DescribeStreamSummary",
  "kinesis:GetRecords",
  "kinesis:GetShardIterator",
  "kinesis:ListShards",
];

/**
 * A Kinesis stream, and the lambdas that read its records in order. Each lambda gets all records.
 *
 * With no option set, it creates:
 * - An on-demand stream that keeps records for 24 hours. It is encrypted with the AWS managed key.
 * - A dead-letter queue for the positions of records that failed, with an alarm that fires on the first one.
 * - For each lambda, an event source mapping with batches of up to 100 records. A record that fails is retried 3 times and
 *   then skipped.
 * - For each lambda, an alarm that fires when it gets records more than 30 minutes late.
 * - An output with the stream's name.
 *
 * @example
 * const count = new NodejsFunction(this, "count");
 * const clicks = new StreamTrigger(this, "clicks", { event: Clicked, shards: 2, retention: days(7) });
 * clicks.invokes(count, {
 *   batchSize: 500,
 *   maxBatchingWindow: seconds(10),
 *   maximumRecordAge: days(1),
 * });
 */
export class StreamTrigger extends Trigger<KinesisWiring> {
  /** The raw stream, for settings that no option covers. */
  readonly stream: KinesisStream;
  readonly deadLetterQueue: DeadLetterQueue;
  private readonly wirings: StreamWiring[] = [];
  private readonly retention: Duration;

  constructor(scope: Construct, id: string, { event, shards, retention = hours(24), formerly }: StreamTriggerProps) {
    super(scope, id, "stream", { formerly });
    this.retention = retention;
    const name = this.stack.nameFor(this, "Kinesis stream");
    checkRange(this, { shards }, { min: 1, max: 10_000 });
    checkRange(this, { retention }, { min: hours(24), max: days(365), unit: "s" });
    if (Token.isUnresolved(retention) || retention % hours(1) !== 0) {
      const rule = "AWS accepts whole hours only, and the value must be known at synth time";
      addFinding(this, `retention is ${retention} s, but ${rule}. Set it with hours(…) or days(…).`);
    }
    const retentionHours = retention / hours(1);
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: "the positions of stream records that a lambda failed to process",
      failedIn: () => this.lambdas,
      deadline: () => positionsDeadline(retention, this.wirings),
    });
    this.stream = new KinesisStream(this, "stream", {
      name,
      retentionPeriod: retentionHours,
      shardCount: shards,
      streamModeDetails: { streamMode: shards === undefined ? "ON_DEMAND" : "PROVISIONED" },
      // The AWS managed key: lambdas of this account that write and read need no permission for the key.
      encryptionType: "KMS",
      kmsKeyId: "alias/aws/kinesis",
    });
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "positions" });
    this.describe({ address: this.stream.name, event });
  }

  protected wire(lambda: AnyFunction, { enhancedFanOut = false, ...wiring }: KinesisWiring): void {
    lambda.grant(READ_ACTIONS, this.stream.arn);
    this.wirings.push(wiring);
    addStreamMapping(this, {
      lambda,
      stream: `the stream ${this.stream.nameInput}`,
      eventSourceArn: enhancedFanOut ? this.addConsumer(lambda) : this.stream.arn,
      deadLetterQueue: this.deadLetterQueue,
      retention: this.retention,
      wiring,
    });
  }

  /** Creates the lambda's own consumer of the stream. @returns the consumer's ARN */
  private addConsumer(lambda: AnyFunction): string {
    const name = deployedId(lambda);
    const consumer = new KinesisStreamConsumer(this, `${name}-consumer`, { name, streamArn: this.stream.arn });
    lambda.grant(["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], consumer.arn);
    return consumer.arn;
  }
}
