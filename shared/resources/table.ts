import { DynamodbTable, type DynamodbTableConfig } from "@cdktf/provider-aws/lib/dynamodb-table";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { type FormerId, keepFormerId } from "../stack/former-ids";

export interface TableProps extends FormerId {
  /**
   * The name of the attribute that is the partition key, 1 to 255 characters.
   * The attribute's values are strings.
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
   */
  partitionKey: string;
  /**
   * The name of the attribute that is the sort key, 1 to 255 characters.
   * The attribute's values are strings. It orders the items that have the same partition key.
   * @default the table has no sort key
   */
  sortKey?: string;
}

/**
 * A DynamoDB table of the domain that triggers no lambda. A table whose changes trigger lambdas is a `TableTrigger`
 * (`shared/triggers/table-trigger.ts`).
 * The table has on-demand capacity and point-in-time recovery.
 * If the environment sets `protectData`, neither Terraform nor DynamoDB deletes it.
 *
 * @example
 * const { table: orders } = new Table(this, "orders", { partitionKey: "customerId", sortKey: "orderId" });
 * const readOrders = new NodejsFunction<ReadOrdersVariables>(this, "read-orders", {
 *   environment: { ORDERS_TABLE: orders.name },
 * });
 * readOrders.allow(["dynamodb:Query"], orders.arn);
 */
export class Table extends Construct {
  /** The raw resource, for settings that have no option. */
  readonly table: DynamodbTable;

  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id);
    keepFormerId(this, props);
    this.table = addTable(this, props);
  }
}

/**
 * Adds a table with the defaults of all tables: on-demand capacity, point-in-time recovery of the last 35 days, and
 * protection against deletion where the environment sets `protectData`.
 * @param overrides settings that replace a default or add to them
 */
export function addTable(scope: Construct, props: TableProps, overrides: Partial<DynamodbTableConfig> = {}): DynamodbTable {
  const { partitionKey, sortKey } = props;
  const stack = DomainStack.of(scope);
  const { protectData } = stack.environment;
  const keys = sortKey ? [partitionKey, sortKey] : [partitionKey];
  // DynamoDB always encrypts tables at rest, by default with a key that it owns and that is free.
  return new DynamodbTable(scope, "table", {
    name: stack.nameFor(scope, "DynamoDB table"),
    billingMode: "PAY_PER_REQUEST",
    hashKey: partitionKey,
    rangeKey: sortKey,
    attribute: keys.map((name) => ({ name, type: "S" })),
    pointInTimeRecovery: { enabled: true },
    deletionProtectionEnabled: protectData,
    lifecycle: protectData ? { preventDestroy: true } : undefined,
    ...overrides,
  });
}
