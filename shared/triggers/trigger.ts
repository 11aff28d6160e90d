import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { type ITerraformDependable, TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { DomainStack } from "../domain-stack";
import type { NodejsFunction } from "../lambda/nodejs-function";
import { addFinding } from "../stack/findings";
import type { TriggerDescription } from "../stack-description";

interface Facts extends Pick<TriggerDescription, "from" | "sample"> {
  address: string;
  /** What it hands to its lambdas. */
  event?: EventDefinition;
}

/** A lambda, whatever variables it reads. */
export type AnyFunction = Pick<NodejsFunction, keyof NodejsFunction>;

/**
 * What sets lambdas going. All triggers have this shape: made with an id and options that may all
 * be left out unless AWS itself needs an answer; `invokes` wires a lambda and grants what that
 * takes; the raw resources are public, for what no option covers.
 *
 * @typeParam Options of one wiring
 */
export abstract class Trigger<Options> extends Construct {
  protected readonly stack = DomainStack.of(this);
  protected readonly description: TriggerDescription;
  /** Those that are wired, in the order of their wiring. */
  protected readonly lambdas: AnyFunction[] = [];
  /** Whether one lambda may be wired more than once, as by the routes of an API. */
  protected readonly invokesAgain: boolean = false;

  constructor(scope: Construct, id: string, kind: TriggerDescription["kind"]) {
    super(scope, id);
    this.description = { id, kind, lambdas: [], deadLetterQueues: [], output: `${id}_${kind.replaceAll("-", "_")}` };
    this.stack.triggers.push(this.description);
    this.node.addValidation({ validate: () => this.problems() });
  }

  /** Lets this trigger invoke the lambda, by its alias `current`. */
  invokes(lambda: AnyFunction, ...[options]: Partial<Options> extends Options ? [Options?] : [Options]): this {
    if (!this.lambdas.includes(lambda)) {
      this.lambdas.push(lambda);
      this.description.lambdas.push(lambda.node.id);
    } else if (!this.invokesAgain) {
      addFinding(this, `invokes ${lambda.node.id} twice, which would handle every event twice; remove one`);
      return this;
    }
    this.wire(lambda, options ?? ({} as Options));
    return this;
  }

  /** Makes the mapping, integration or subscription, and its permissions. */
  protected abstract wire(lambda: AnyFunction, options: Options): void;

  /** Enters what `domain.json` tells beyond the kind and the lambdas. */
  protected describe({ address: value, event, ...facts }: Facts): void {
    const { kind, output } = Object.assign(this.description, event && { event: event.type, sample: event.example }, facts);
    const description = `Address of the ${kind} ${this.node.id}`;
    new TerraformOutput(this, "address", { value, description }).overrideLogicalId(output);
  }

  /**
   * Lets an AWS service push events to the lambda.
   * @param sourceArn of the resource that pushes, and of no other
   * @returns what that resource must wait for
   */
  protected permit(lambda: AnyFunction, service: string, sourceArn: string): ITerraformDependable[] {
    const permission = new LambdaPermission(this, `${lambda.node.id}-permission`, {
      functionName: lambda.function.functionName,
      qualifier: lambda.alias.name,
      action: "lambda:InvokeFunction",
      principal: service,
      sourceArn,
      // An S3 ARN names no account, and a bucket that is gone may be another's tomorrow.
      sourceAccount: service === "s3.amazonaws.com" ? this.stack.environment.account : undefined,
    });
    return [permission, lambda.policy];
  }

  /** What cannot work, and can be judged only once everything is there. */
  protected problems(): string[] {
    return this.lambdas.length > 0 ? [] : [`invokes nothing; write ${this.node.id}.invokes(…), or remove it`];
  }
}
