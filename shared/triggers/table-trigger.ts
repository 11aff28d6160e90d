import type { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { hours } from "../duration";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addTable, type TableProps } from "../resources/table";
import { addFinding } from "../stack/findings";
import { addStreamMapping, type StreamWiring } from "./stream-mapping";
import { type AnyFunction, Trigger } from "./trigger";

export interface TableTriggerProps extends TableProps {
  /** What its items are. */
  event: EventDefinition;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const MOST_READERS = 2;

/** DynamoDB: a table, and the lambdas that get every change of it, in order. What keeps failing is noted in a queue, and the stream goes on. */
export class TableTrigger extends Trigger<StreamWiring> {
  readonly table: DynamodbTable;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(scope: Construct, id: string, { event, ...props }: TableTriggerProps) {
    super(scope, id, "table");
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: `places in the stream of ${id} where changes could not be handled, not the changes`,
      within: "24 hours, before the stream forgets them",
    });
    this.table = addTable(this, props, { streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES" });
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "positions" });
    this.describe({ address: this.table.name, event });
  }

  protected wire(lambda: AnyFunction, wiring: StreamWiring): void {
    if (this.lambdas.length > MOST_READERS) {
      const rule = `DynamoDB lets ${MOST_READERS} read a stream; let one of them send an event to the others`;
      addFinding(this, `invokes ${this.lambdas.length} lambdas, and ${rule}`);
    }
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html
    const actions = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].map((verb) => `dynamodb:${verb}`);
    lambda.grant(actions, `${this.table.arn}/stream/*`);
    addStreamMapping(this, lambda, this.table.streamArn, this.deadLetterQueue, hours(24), wiring);
  }
}
