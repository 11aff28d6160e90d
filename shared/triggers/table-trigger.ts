import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { hours } from "../duration";
import { checkRange } from "../findings";
import { DeadLetterQueue } from "./dead-letter-queue";
import { type AnyFunction, Trigger } from "./trigger";

export interface TableTriggerProps {
  /** What its items are. */
  event: EventDefinition;
  /** The attribute that items are found by; a string. */
  partitionKey: string;
  /** The attribute that orders items of one partition key; a string. @default none */
  sortKey?: string;
}

export interface TableWiring {
  /** Changes that one invocation gets at most, 1 to 10,000. @default 100 */
  batchSize?: number;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const MOST_READERS = 2;

/** DynamoDB: a table, and the lambdas that get every change of it, in order. What keeps failing is noted in a queue, and the stream goes on. */
export class TableTrigger extends Trigger<TableWiring> {
  readonly table: DynamodbTable;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: TableTriggerProps) {
    super(scope, id, "table");
    const protect = this.stack.environment.protectData;
    const keys = [props.partitionKey, ...(props.sortKey ? [props.sortKey] : [])];

    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: `places in the stream of ${id} where changes could not be handled, not the changes`,
      remedy: "mend it, and read these places again: the stream forgets them after 24 hours, the table does not",
    });
    this.table = new DynamodbTable(this, "table", {
      name: this.stack.nameFor(this, "DynamoDB table"),
      billingMode: "PAY_PER_REQUEST",
      hashKey: props.partitionKey,
      rangeKey: props.sortKey,
      attribute: keys.map((name) => ({ name, type: "S" })),
      // Encrypted at rest by a key of DynamoDB's own, which is free, without being asked.
      pointInTimeRecovery: { enabled: true },
      streamEnabled: true,
      streamViewType: "NEW_AND_OLD_IMAGES",
      deletionProtectionEnabled: protect,
      lifecycle: protect ? { preventDestroy: true } : undefined,
    });
    this.describe({ address: this.table.name, deadLetterQueues: [this.deadLetterQueue.name], sample: props.event.example });
  }

  protected wire(lambda: AnyFunction, { batchSize = 100 }: TableWiring): void {
    checkRange(this, "batchSize", batchSize, 1, 10_000);
    if (this.lambdas.length > MOST_READERS) {
      this.find(
        `invokes ${this.lambdas.length} lambdas, and DynamoDB lets ${MOST_READERS} read a stream; let one of them send an event to the others`,
      );
    }
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html
    const actions = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].map((verb) => `dynamodb:${verb}`);
    lambda.grant(actions, `${this.table.arn}/stream/*`);
    lambda.grant(["sqs:SendMessage"], this.deadLetterQueue.queue.arn);
    new LambdaEventSourceMapping(this, `${lambda.node.id}-mapping`, {
      functionName: lambda.alias.arn,
      eventSourceArn: this.table.streamArn,
      startingPosition: "TRIM_HORIZON",
      batchSize,
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Without these one bad record stops its shard until it is a day old.
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 3,
      maximumRecordAgeInSeconds: hours(12),
      destinationConfig: { onFailure: { destinationArn: this.deadLetterQueue.queue.arn } },
      dependsOn: [lambda.policy],
    });
  }
}
