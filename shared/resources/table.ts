import { DynamodbTable, type DynamodbTableConfig } from "@cdktf/provider-aws/lib/dynamodb-table";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";

export interface TableProps {
  /** The attribute that items are found by; a string. */
  partitionKey: string;
  /** The attribute that orders items of one partition key; a string. @default none */
  sortKey?: string;
}

/** A DynamoDB table of the domain that sets nothing going; one that does is a {@link TableTrigger}. */
export class Table extends Construct {
  readonly table: DynamodbTable;

  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id);
    this.table = addTable(this, props);
  }
}

/** On demand, restorable to any second of 35 days, and not to be destroyed where the environment protects data. */
export function addTable(scope: Construct, { partitionKey, sortKey }: TableProps, more: Partial<DynamodbTableConfig> = {}): DynamodbTable {
  const stack = DomainStack.of(scope);
  const protect = stack.environment.protectData;
  return new DynamodbTable(scope, "table", {
    name: stack.nameFor(scope, "DynamoDB table"),
    billingMode: "PAY_PER_REQUEST",
    hashKey: partitionKey,
    rangeKey: sortKey,
    attribute: [partitionKey, ...(sortKey ? [sortKey] : [])].map((name) => ({ name, type: "S" })),
    // Encrypted at rest by a key of DynamoDB's own, which is free, without being asked.
    pointInTimeRecovery: { enabled: true },
    deletionProtectionEnabled: protect,
    lifecycle: protect ? { preventDestroy: true } : undefined,
    ...more,
  });
}
