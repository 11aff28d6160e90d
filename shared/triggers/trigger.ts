import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { type ITerraformDependable, TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { DomainStack } from "../domain-stack";
import type { NodejsFunction } from "../lambda/nodejs-function";
import { addFinding } from "../stack/findings";
import { deployedId, type FormerId, keepFormerId } from "../stack/former-ids";
import type { TriggerDescription } from "../stack-description";

/** A lambda, whatever environment variables it declares. */
export type AnyFunction = Pick<NodejsFunction, keyof NodejsFunction>;

/** The wiring is an optional argument if all of its options are optional, and a required argument otherwise. */
type WiringArgument<Wiring> = Partial<Wiring> extends Wiring ? [wiring?: Wiring] : [wiring: Wiring];

/** What `domain.json` and the stack's outputs say about a trigger, beside its kind and its lambdas. */
interface Details extends Pick<TriggerDescription, "from" | "sample"> {
  /** The value of the trigger's output: an API's endpoint, a queue's URL, the name of a bus or table. */
  address: string;
  /** The event that the lambdas get. */
  event?: EventDefinition;
}

/**
 * AWS infrastructure that invokes lambdas. All triggers have the same shape:
 * - The constructor takes an id and options. An option is required only if AWS has no safe default for it.
 * - {@link invokes} connects a lambda and grants the permissions that the connection needs.
 * - The raw resources are public, for every setting that no option covers.
 *
 * @typeParam Wiring the options of the connection to one lambda
 */
export abstract class Trigger<Wiring> extends Construct {
  protected readonly stack = DomainStack.of(this);
  protected readonly description: TriggerDescription;
  /** The connected lambdas, in the order of the calls of {@link invokes}. */
  protected readonly lambdas: AnyFunction[] = [];
  /** Whether a lambda can be connected more than once. It can for an API, where each connection is another route. */
  protected readonly allowsRepeatedLambda: boolean = false;

  constructor(scope: Construct, id: string, kind: TriggerDescription["kind"], formerId: FormerId) {
    super(scope, id);
    keepFormerId(this, formerId);
    this.description = { id, kind, lambdas: [], deadLetterQueues: [], output: `${deployedId(this)}_${kind.replaceAll("-", "_")}` };
    this.stack.triggers.push(this.description);
    this.node.addValidation({ validate: () => this.problems() });
  }

  /** Connects a lambda, so that the trigger invokes its alias `current`. */
  invokes(lambda: AnyFunction, ...[wiring]: WiringArgument<Wiring>): this {
    const isRepeated = this.lambdas.includes(lambda);
    if (isRepeated && !this.allowsRepeatedLambda) {
      addFinding(
        this,
        `invokes ${lambda.node.id} twice, so the lambda would process every event twice. Remove one of the calls of invokes.`,
      );
      return this;
    }
    if (!isRepeated) {
      this.lambdas.push(lambda);
      this.description.lambdas.push(lambda.node.id);
    }
    this.wire(lambda, wiring ?? ({} as Wiring));
    return this;
  }

  /** Creates the mapping, the integration or the subscription, with its permissions. */
  protected abstract wire(lambda: AnyFunction, wiring: Wiring): void;

  /** Adds the details to `domain.json`, and creates the output with the address. Each trigger calls it once. */
  protected describe({ address, event, from, sample }: Details): void {
    if (event) {
      this.description.event = event.type;
      this.description.sample = event.example;
    }
    if (from !== undefined) this.description.from = from;
    if (sample !== undefined) this.description.sample = sample;
    const { kind, output } = this.description;
    new TerraformOutput(this, "address", { value: address, description: `Address of the ${kind} ${deployedId(this)}` }).overrideLogicalId(
      output,
    );
  }

  /**
   * Allows an AWS service to invoke the lambda.
   * @param service the service's principal, `events.amazonaws.com`
   * @param sourceArn the only resource for which the service may do so
   * @returns the resources that must exist before the service can invoke the lambda
   */
  protected permit(lambda: AnyFunction, service: string, sourceArn: string): ITerraformDependable[] {
    const permission = new LambdaPermission(this, `${deployedId(lambda)}-permission`, {
      functionName: lambda.function.functionName,
      qualifier: lambda.alias.name,
      action: "lambda:InvokeFunction",
      principal: service,
      sourceArn,
      // An S3 ARN does not contain an account: if the bucket is deleted, another account can create one with the same name.
      sourceAccount: service === "s3.amazonaws.com" ? this.stack.environment.account : undefined,
    });
    return [permission, lambda.policy];
  }

  /** The names of the connected lambda functions. */
  protected readonly functionNames = (): string[] => this.lambdas.map(({ functionName }) => functionName);

  /** The problems that can be found only when the domain is complete. They become findings at synth time. */
  protected problems(): string[] {
    if (this.lambdas.length > 0) return [];
    return [`the trigger does not invoke a lambda. Call ${this.node.id}.invokes(…), or remove the trigger.`];
  }
}
