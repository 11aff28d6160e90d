import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { TerraformStack } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import * as z from "zod";
import type { Contract } from "./contract";
import { contractParameter, contractPath, KEBAB_CASE, KEBAB_CASE_RULE, resourceName, type StackIdentity, stackId } from "./naming";
import { schemaProblems } from "./schema-problems";
import type { Bundles } from "./stack/bundles";
import type { Environment, Project } from "./stack/config";
import { addFinding } from "./stack/findings";
import { foundationContract } from "./stack/foundation-contract";
import { checkedName, type NamedKind } from "./stack/names";
import { addBackend } from "./stack/state";
import type { LambdaDescription, SecretDescription, StackDescription, TriggerDescription } from "./stack-description";

/** What every stack is given by `main.ts`. */
export interface DomainStackProps {
  project: Project;
  environment: Environment;
  bundles: Bundles;
}

/** What `constructs` says of two children with one id. */
const TAKEN_ID = /^There is already a Construct with name '([^']*)'/;

/**
 * One piece of trigger infrastructure with the lambdas that depend on it, in one environment: one
 * Terraform state. Knows how things are named, where state lives, and how values pass between
 * stacks (contracts, never cross-stack references). A domain's `stack.ts` exports a subclass as
 * its default and says in {@link define} what it is made of.
 */
export abstract class DomainStack extends TerraformStack {
  readonly domain: string;
  readonly project: Project;
  readonly environment: Environment;
  readonly bundles: Bundles;

  /** What `domain.json` will tell of this stack; triggers, lambdas and secrets enter themselves. */
  readonly triggers: TriggerDescription[] = [];
  readonly lambdas: LambdaDescription[] = [];
  readonly secrets: SecretDescription[] = [];
  readonly published: Contract[] = [];
  /** What this stack reads of others, by contract: the parameters that it uses. */
  readonly parametersRead = new Map<Contract, Set<string>>();
  /** What the environment's foundation publishes: network, boundary, alarm topic, event bus. */
  readonly foundation = this.read(foundationContract);

  constructor(scope: Construct, domain: string, { project, environment, bundles }: DomainStackProps) {
    super(scope, stackId({ domain, environment: environment.name }));
    this.domain = domain;
    this.project = project;
    this.environment = environment;
    this.bundles = bundles;
    new AwsProvider(this, "aws", {
      region: project.region,
      allowedAccountIds: [environment.account],
      defaultTags: [{ tags: { project: project.name, domain, environment: environment.name, repository: project.repository } }],
    });
    // The range runs on the provider that a machine has; the bindings would pin exactly one.
    this.addOverride("terraform.required_providers.aws.version", ">= 5.100.0, < 7.0.0");
    // The workspace that holds the state in HCP Terraform has this name.
    this.nameFor(this, "HCP Terraform workspace");
    addBackend(this);
    try {
      this.define();
    } catch (error) {
      const [, taken] = (error instanceof Error && TAKEN_ID.exec(error.message)) || [];
      const said =
        (taken && `two constructs are called "${taken}", and so would be their resources; rename one`) ||
        (error instanceof z.ZodError && `what is parsed does not fit its schema: ${schemaProblems(error).join("; ")}`);
      if (!said) throw error;
      addFinding(this, said, this.node.id, error as Error);
    }
  }

  /** The domain that `construct` is in. */
  static override of(construct: IConstruct): DomainStack {
    return TerraformStack.of(construct) as DomainStack;
  }

  /** Makes the domain's constructs. Called by the constructor, so a subclass has no fields of its own yet. */
  protected abstract define(): void;

  /**
   * `<project>-<domain>-<environment>-<thing>`, checked against the limit of its kind.
   * @param thing left out: the construct's path in the stack
   */
  nameFor(scope: IConstruct, kind: NamedKind, thing = scope.node.path.split("/").slice(1).join("-"), prefix = ""): string {
    if (thing && !KEBAB_CASE.test(thing)) {
      addFinding(scope, `"${thing}" cannot be part of the ${kind} name, for not every service takes it; use ${KEBAB_CASE_RULE}`);
    }
    const name = resourceName(this.identity, thing);
    return checkedName(scope, kind, this.environment.account, `${prefix}${name}${kind === "FIFO queue" ? ".fifo" : ""}`);
  }

  /** What the names of everything in this stack are made of. */
  get identity(): StackIdentity {
    return { project: this.project.name, domain: this.domain, environment: this.environment.name };
  }

  /** What every ARN of this region begins with, `arn:aws`. */
  get arnPrefix(): string {
    const { region } = this.project;
    return region.startsWith("cn-") ? "arn:aws-cn" : region.startsWith("us-gov-") ? "arn:aws-us-gov" : "arn:aws";
  }

  /** The ARN of a resource in this stack's account and region, where a reference would make a cycle in Terraform. */
  arnOf(service: string, resource: string): string {
    // IAM is everywhere, and its ARNs say no region; a bucket's name is unique in the world, and its ARN says no account either.
    const region = ["iam", "s3"].includes(service) ? "" : this.project.region;
    const account = service === "s3" ? "" : this.environment.account;
    return `${this.arnPrefix}:${service}:${region}:${account}:${resource}`;
  }

  /** Publishes every parameter of this domain's own contract. Values are plain text, never a secret. */
  publish<Parameter extends string>(contract: Contract<Parameter>, values: Record<NoInfer<Parameter>, string>): void {
    if (contract.domain !== this.domain) {
      const fix = `write domain: "${this.domain}" in contract.ts`;
      addFinding(this, `publishes the contract of "${contract.domain}"; only its own is a domain's: ${fix}`);
    }
    this.published.push(contract);
    for (const parameter of contract.parameters) {
      const name = contractParameter(this.identity, contract.version, parameter);
      new SsmParameter(this, `publish-v${contract.version}-${parameter}`, { name, type: "String", insecureValue: values[parameter] });
    }
  }

  /** The values that another stack publishes, read when Terraform plans; only those that are used are looked up. */
  read<Parameter extends string>(contract: Contract<Parameter>): Readonly<Record<Parameter, string>> {
    const used = this.parametersRead.get(contract) ?? new Set();
    this.parametersRead.set(contract, used);
    const id = (parameter: string) => `read-${contract.domain}-v${contract.version}-${parameter}`;
    const values = {} as Record<Parameter, string>;
    for (const parameter of contract.parameters) {
      const get = () => {
        used.add(parameter);
        const name = contractParameter({ ...this.identity, domain: contract.domain }, contract.version, parameter);
        const known = this.node.tryFindChild(id(parameter)) as DataAwsSsmParameter | undefined;
        return (known ?? new DataAwsSsmParameter(this, id(parameter), { name })).insecureValue;
      };
      Object.defineProperty(values, parameter, { enumerable: true, get });
    }
    return values;
  }

  /** Under which a contract's parameters lie in SSM. */
  pathOf({ domain, version }: Contract): string {
    return contractPath({ ...this.identity, domain }, version);
  }

  /** What this stack is, for people and tools. Its events are its domain's. */
  describe(): Omit<StackDescription, "events"> {
    const { project, environment, domain, triggers, lambdas, secrets } = this;
    const contract = ({ domain, version }: Contract, used: Iterable<string>) => ({ domain, version, parameters: [...used].sort() });
    return {
      stack: this.node.id,
      project: project.name,
      domain,
      environment: environment.name,
      account: environment.account,
      region: project.region,
      triggers,
      lambdas,
      secrets,
      publishes: this.published.map((each) => contract(each, each.parameters)),
      reads: [...this.parametersRead].filter(([, used]) => used.size > 0).map(([each, used]) => contract(each, used)),
    };
  }
}
