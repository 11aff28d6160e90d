import { Construct } from "constructs";
import type { DomainStack } from "../domain-stack";
import { addTable } from "../resources/table";

const ID = "idempotency";

/** Remembers what a domain's lambdas have done already, so that the same event twice has one effect. One a domain, made when the first lambda needs it. */
export class IdempotencyTable extends Construct {
  /** Key and expiry are named as Powertools expects them: https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/ */
  readonly table = addTable(
    this,
    { partitionKey: "id" },
    {
      ttl: { enabled: true, attributeName: "expiration" },
      // Restored to an earlier time it would not know what was done since.
      pointInTimeRecovery: undefined,
      // Nobody's data, and gone with the last lambda that needs it.
      deletionProtectionEnabled: false,
      lifecycle: undefined,
    },
  );

  static of(stack: DomainStack): IdempotencyTable {
    return (stack.node.tryFindChild(ID) as IdempotencyTable | undefined) ?? new IdempotencyTable(stack, ID);
  }
}
