import { TerraformStack } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import { EnvironmentStack, type EnvironmentStackProps } from "./environment-stack";
import { addFinding } from "./findings";
import { foundationContract } from "./foundation/contract";

/** What `constructs` says of two children with one id. */
const TAKEN_ID = /^There is already a Construct with name '([^']*)'/;

/**
 * One piece of trigger infrastructure with the lambdas that depend on it. A domain's `stack.ts`
 * exports a subclass as its default and says in {@link define} what it is made of.
 */
export abstract class DomainStack extends EnvironmentStack {
  /** What the environment's foundation publishes: network, boundary, alarm topic, event bus. */
  readonly foundation = this.read(foundationContract);

  constructor(scope: Construct, domain: string, props: EnvironmentStackProps) {
    super(scope, domain, props);
    try {
      this.define();
    } catch (error) {
      const [, taken] = (error instanceof Error && TAKEN_ID.exec(error.message)) || [];
      if (!taken) throw error;
      addFinding(this, `two constructs are called "${taken}", and so would be their resources; rename one`, this.node.id, error as Error);
    }
  }

  /** The domain that `construct` is in. */
  static override of(construct: IConstruct): DomainStack {
    return TerraformStack.of(construct) as DomainStack;
  }

  /** Makes the domain's constructs. Called by the constructor, so a subclass has no fields of its own yet. */
  protected abstract define(): void;
}
