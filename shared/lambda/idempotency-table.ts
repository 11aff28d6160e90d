import { Construct } from "constructs";
import type { DomainStack } from "../domain-stack";
import { addTable } from "../table";

const ID = "idempotency";

/** Remembers what a domain's lambdas have done already, so that the same event twice has one effect. One a domain, made when the first lambda needs it. */
export class IdempotencyTable extends Construct {
  /** Key and expiry are named as Powertools expects them: https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/ */
  readonly table = addTable(
    this,
    { partitionKey: "id" },
    // Restored to an earlier time it would not know what was done since.
    { ttl: { enabled: true, attributeName: "expiration" }, pointInTimeRecovery: undefined },
  );

  static of(stack: DomainStack): IdempotencyTable {
    return (stack.node.tryFindChild(ID) as IdempotencyTable | undefined) ?? new IdempotencyTable(stack, ID);
  }
}
