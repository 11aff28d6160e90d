import type { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { hours } from "../duration";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addTable, type TableProps } from "../resources/table";
import { addFinding } from "../stack/findings";
import { addStreamMapping, positionsDeadline, type StreamWiring } from "./stream-mapping";
import { type AnyFunction, Trigger } from "./trigger";

export interface TableTriggerProps extends TableProps {
  /** The event in each item: an item's attributes are the event's fields. */
  event: EventDefinition;
}

/**
 * The largest number of lambdas that can read the stream of one table.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
 */
const MAX_READERS = 2;

/**
 * How long DynamoDB keeps the records of a stream. It cannot be changed.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
const STREAM_RETENTION = hours(24);

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html */
const READ_ACTIONS = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/**
 * A DynamoDB table, and up to two lambdas that get every change of its items in order.
 *
 * With only its key set, it creates:
 * - An on-demand table that can be restored to any second of the last 35 days. If the environment protects data, neither
 *   Terraform nor AWS deletes it.
 * - A stream of all changes, each with the item before and after it.
 * - A dead-letter queue for the positions of changes that failed, with an alarm that fires on the first one.
 * - For each lambda, an event source mapping with batches of up to 100 changes. A change that fails is retried 3 times and
 *   then skipped.
 * - For each lambda, an alarm that fires when it gets changes more than 30 minutes late.
 * - An output with the table's name.
 *
 * @example
 * const announce = new NodejsFunction(this, "announce");
 * const entries = new TableTrigger(this, "entries", { event: OrderPlaced, partitionKey: "orderId" });
 * entries.invokes(announce, {
 *   parallelizationFactor: 2,
 *   filters: [{ eventName: ["INSERT"] }],
 * });
 */
export class TableTrigger extends Trigger<StreamWiring> {
  /** The raw table, for settings that no option covers. */
  readonly table: DynamodbTable;
  readonly deadLetterQueue: DeadLetterQueue;
  private readonly wirings: StreamWiring[] = [];

  constructor(scope: Construct, id: string, { event, ...tableProps }: TableTriggerProps) {
    super(scope, id, "table", tableProps);
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: "the positions of changes of the table that a lambda failed to process",
      failedIn: () => this.lambdas,
      deadline: () => positionsDeadline(STREAM_RETENTION, this.wirings),
    });
    this.table = addTable(this, tableProps, { streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES" });
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "positions" });
    this.describe({ address: this.table.name, event });
  }

  protected wire(lambda: AnyFunction, wiring: StreamWiring): void {
    if (this.lambdas.length > MAX_READERS) {
      const rule = `DynamoDB supports ${MAX_READERS} readers of a stream`;
      addFinding(this, `invokes ${this.lambdas.length} lambdas, but ${rule}. Let one of the lambdas send an event to the others.`);
    }
    lambda.grant(READ_ACTIONS, `${this.table.arn}/stream/*`);
    this.wirings.push(wiring);
    addStreamMapping(this, {
      lambda,
      stream: `the stream of the table ${this.table.nameInput}`,
      eventSourceArn: this.table.streamArn,
      deadLetterQueue: this.deadLetterQueue,
      retention: STREAM_RETENTION,
      wiring,
    });
  }
}
