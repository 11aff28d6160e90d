import { KinesisStream } from "@cdktf/provider-aws/lib/kinesis-stream";
import { KinesisStreamConsumer } from "@cdktf/provider-aws/lib/kinesis-stream-consumer";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { type Duration, hours } from "../duration";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { addStreamMapping, type StreamWiring } from "./stream-mapping";
import { type AnyFunction, Trigger } from "./trigger";

export interface StreamTriggerProps {
  /** What its records are. */
  event: EventDefinition;
  /** Shards that are always there, each 1 MB/s in and 2 MB/s out. @default on demand: grows by itself. Prices of both: docs/costs.md */
  shards?: number;
  /** How long records can be read again, 24 h to 365 days; over 24 h costs extra. @default 24 h */
  retention?: Duration;
}

export interface KinesisWiring extends StreamWiring {
  /** Gives the lambda 2 MB/s of each shard for itself, at a price by shard and hour. @default false: it shares them with all other readers */
  enhancedFanOut?: boolean;
}

const READ = ["DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"].map((verb) => `kinesis:${verb}`);

/** Kinesis: a stream, and the lambdas that read all of it, in order. What keeps failing is noted in a queue, and the stream goes on. */
export class StreamTrigger extends Trigger<KinesisWiring> {
  readonly stream: KinesisStream;
  readonly deadLetterQueue: DeadLetterQueue;
  private readonly retention: Duration;

  constructor(scope: Construct, id: string, { event, shards, retention = hours(24) }: StreamTriggerProps) {
    super(scope, id, "stream");
    this.retention = retention;
    const name = this.stack.nameFor(this, "Kinesis stream");
    // https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
    checkRange(this, "shards", shards, 1, 10_000);
    checkRange(this, "retention", retention, hours(24), hours(8760), " s");
    if (Token.isUnresolved(retention) || retention % 3600 !== 0)
      addFinding(this, `retention is ${retention} s; give whole hours, known at synth`);
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: `places in ${name} where records could not be handled, not the records`,
      within: `${retention / 3600} hours, before the stream forgets them`,
    });
    this.stream = new KinesisStream(this, "stream", {
      name,
      retentionPeriod: retention / 3600,
      shardCount: shards,
      streamModeDetails: { streamMode: shards === undefined ? "ON_DEMAND" : "PROVISIONED" },
      // The key that AWS manages: lambdas of this account, which write and read, need no permission of their own for it.
      encryptionType: "KMS",
      kmsKeyId: "alias/aws/kinesis",
    });
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "positions" });
    this.describe({ address: this.stream.name, event });
  }

  protected wire(lambda: AnyFunction, { enhancedFanOut, ...wiring }: KinesisWiring): void {
    lambda.grant(READ, this.stream.arn);
    let source = this.stream.arn;
    if (enhancedFanOut) {
      const name = lambda.node.id;
      source = new KinesisStreamConsumer(this, `${name}-consumer`, { name, streamArn: this.stream.arn }).arn;
      lambda.grant(["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], source);
    }
    addStreamMapping(this, lambda, source, this.deadLetterQueue, this.retention, wiring);
  }
}
