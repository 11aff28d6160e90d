import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import { Construct } from "constructs";
import type { DomainStack } from "../domain-stack";

const ID = "idempotency";

/** Remembers what a domain's lambdas have done already, so that the same event twice has one effect. One a domain, made when the first lambda needs it. */
export class IdempotencyTable extends Construct {
  readonly table: DynamodbTable;

  private constructor(stack: DomainStack) {
    super(stack, ID);
    // Key and expiry are named as Powertools expects them:
    // https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/
    this.table = new DynamodbTable(this, "table", {
      name: stack.nameFor(this, "DynamoDB table"),
      billingMode: "PAY_PER_REQUEST",
      hashKey: "id",
      attribute: [{ name: "id", type: "S" }],
      ttl: { enabled: true, attributeName: "expiration" },
      // Without it, what comes again would be done again.
      deletionProtectionEnabled: stack.environment.protectData,
      lifecycle: stack.environment.protectData ? { preventDestroy: true } : undefined,
    });
  }

  static of(stack: DomainStack): IdempotencyTable {
    return (stack.node.tryFindChild(ID) as IdempotencyTable | undefined) ?? new IdempotencyTable(stack);
  }
}
