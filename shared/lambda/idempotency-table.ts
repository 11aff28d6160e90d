import { Construct } from "constructs";
import type { DomainStack } from "../domain-stack";
import { addTable } from "../resources/table";

const ID = "idempotency";

/**
 * Records the events and requests that a domain's lambdas have already handled, so that a repeated one has no second effect.
 * Each domain has at most one such table. The first lambda with `idempotent: true` creates it.
 */
export class IdempotencyTable extends Construct {
  /**
   * Powertools defines the names of the key and of the expiry attribute.
   * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/
   */
  readonly table = addTable(
    this,
    { partitionKey: "id" },
    {
      ttl: { enabled: true, attributeName: "expiration" },
      // A table restored to an earlier time would not know the events that were handled since then.
      pointInTimeRecovery: undefined,
      // The table holds no business data, so Terraform may destroy it together with the last lambda that uses it.
      deletionProtectionEnabled: false,
      lifecycle: undefined,
    },
  );

  /** The idempotency table of a domain. Creates the table on the first call. */
  static of(stack: DomainStack): IdempotencyTable {
    const existing = stack.node.tryFindChild(ID) as IdempotencyTable | undefined;
    return existing ?? new IdempotencyTable(stack, ID);
  }
}
