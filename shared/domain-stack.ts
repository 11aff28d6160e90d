import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { TerraformElement, TerraformStack } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import * as z from "zod";
import type { Contract } from "./contract";
import { describeExceptions } from "./convention-exception";
import {
  contractParameter,
  contractPath,
  KEBAB_CASE,
  KEBAB_CASE_RULE,
  resourceName,
  resourceNamePattern,
  type StackIdentity,
  stackId,
  withAffixes,
  workspaceName,
} from "./naming";
import { schemaProblems } from "./schema-problems";
import type { Bundles } from "./stack/bundles";
import { arnPrefix, type Environment, environmentsOfAccount, type Project } from "./stack/config";
import { addFinding } from "./stack/findings";
import { deployedNode, deployedPath } from "./stack/former-ids";
import { boundaryParameter, type foundationContract, foundationContractFor } from "./stack/foundation-contract";
import { checkedName, type NamedKind } from "./stack/name-limits";
import { addBackend } from "./stack/state";
import type { LambdaDescription, SecretDescription, StackDescription, TriggerDescription } from "./stack-description";

/** The props that `main.ts` passes to every stack. */
export interface DomainStackProps {
  project: Project;
  environment: Environment;
  bundles: Bundles;
}

/** The parameters of a contract, each with its value. The value is a token: Terraform knows it when it plans. */
type ContractValues<Parameter extends string> = Readonly<Record<Parameter, string>>;

/**
 * The stack of a domain in one environment: the trigger infrastructure, the lambdas that depend on it, and one Terraform state.
 * It provides the names of resources, the backend, and the values that stacks exchange. Stacks exchange values by contracts
 * only, never by cross-stack references, so that each can be deployed alone.
 *
 * The default export of a domain's `stack.ts` is a subclass.
 *
 * @example
 * export default class Orders extends DomainStack {
 *   protected define(): void {
 *     const recordOrder = new NodejsFunction(this, "record-order");
 *     new QueueTrigger(this, "placed", { event: OrderPlaced }).invokes(recordOrder);
 *   }
 * }
 */
export abstract class DomainStack extends TerraformStack {
  /**
   * The name of the domain when it was first deployed. Set it when you rename the folder of the domain: its names in AWS, its
   * contracts, its tags and its state stay as they are.
   * @default the domain still has its first name
   */
  static readonly formerly?: string;

  readonly domain: string;
  readonly project: Project;
  readonly environment: Environment;
  readonly bundles: Bundles;

  /** The triggers, lambdas and secrets for `domain.json`. Their constructs add themselves. */
  readonly triggers: TriggerDescription[] = [];
  readonly lambdas: Omit<LambdaDescription, "files" | "packages">[] = [];
  readonly secrets: SecretDescription[] = [];

  /** The contracts that this stack publishes. */
  readonly published: Contract[] = [];
  /** The contracts that this stack reads, each with the parameters that it uses. */
  readonly parametersRead = new Map<Contract, Set<string>>();

  /** The parameters that the environment's foundation publishes for every domain: network, alarm topic, event bus. */
  readonly foundation: ContractValues<(typeof foundationContract.parameters)[number]>;

  constructor(scope: Construct, domain: string, { project, environment, bundles }: DomainStackProps) {
    super(scope, stackId({ domain, environment: environment.name }));
    this.domain = domain;
    this.project = project;
    this.environment = environment;
    this.bundles = bundles;
    this.foundation = this.read(foundationContractFor([this.identity.domain]));
    this.addProvider();
    addBackend(this, { project, environment, domain: this.identity.domain });
    // Wherever the state is now: it can move to HCP Terraform, where the names of all accounts must be different.
    checkedName(this, { kind: "HCP Terraform workspace", name: workspaceName(this.identity) });
    try {
      this.define();
    } catch (error) {
      this.addErrorOfDefine(error);
    }
  }

  /** The stack that `construct` is in. */
  static override of(construct: IConstruct): DomainStack {
    return TerraformStack.of(construct) as DomainStack;
  }

  /** Creates the domain's constructs. The constructor calls it, so the fields of a subclass are not set yet. */
  protected abstract define(): void;

  /**
   * Returns a resource's name, `<project>-<domain>-<environment>-<thing>`. A name that is too long, or that another resource
   * has, becomes a finding.
   * @param kind decides the longest length of the name, and its prefix or suffix
   * @param thing the last part; by default the path of `scope` in the stack, joined by "-"
   */
  nameFor(scope: IConstruct, kind: NamedKind, thing = deployedPath(scope).join("-")): string {
    if (thing && !KEBAB_CASE.test(thing)) {
      const rule = `Not every AWS service accepts it. Use ${KEBAB_CASE_RULE}.`;
      addFinding(scope, `"${thing}" cannot be part of the ${kind} name. ${rule}`);
    }
    this.checkSharedAccount(scope, thing);
    const name = withAffixes(kind, resourceName(this.identity, thing));
    return checkedName(scope, { kind, name, account: this.environment.account });
  }

  /** The parts of the names of everything in this stack. The domain is the one that it was when it was first deployed. */
  get identity(): StackIdentity {
    return { project: this.project.name, domain: this.formerly ?? this.domain, environment: this.environment.name };
  }

  /** The id of the stack when it was first deployed. Commands accept it beside the present one. */
  get deployedStack(): string {
    return stackId(this.identity);
  }

  /** If environments share an account, no id may contain the name of one: patterns of names would match resources of another. */
  private checkSharedAccount(scope: IConstruct, thing: string): void {
    const names = environmentsOfAccount(this.project, this.environment.account).map(({ name }) => name);
    const ambiguous = names.length > 1 && names.find((name) => thing.split("-").includes(name));
    if (!ambiguous) return;
    const pattern = resourceNamePattern({ project: this.project.name, environment: ambiguous });
    const problem = `"${thing}" contains the environment's name "${ambiguous}", and ${names.join(" and ")} share an account`;
    addFinding(scope, `${problem}: permissions on ${pattern} would reach resources of another environment. Rename the construct.`);
  }

  private get formerly(): string | undefined {
    return (this.constructor as typeof DomainStack).formerly;
  }

  /** Terraform's addresses, like names in AWS, are made from the ids that constructs had when they were first deployed. */
  protected override allocateLogicalId(element: TerraformElement | Construct["node"]): string {
    const construct = TerraformElement.isTerraformElement(element) ? element : element.scopes.at(-1);
    return super.allocateLogicalId((construct && deployedNode(construct)) ?? element);
  }

  /** The first two parts of every ARN in the project's region. */
  get arnPrefix(): string {
    return arnPrefix(this.project);
  }

  /**
   * Returns the ARN of a resource in the account and region of this stack. Use it where a reference to the resource would make
   * a cycle in Terraform.
   */
  arnOf(service: string, resource: string): string {
    // IAM is global, so its ARNs have no region. A bucket's name is globally unique, so its ARN has no account either.
    const region = ["iam", "s3"].includes(service) ? "" : this.project.region;
    const account = service === "s3" ? "" : this.environment.account;
    return `${this.arnPrefix}:${service}:${region}:${account}:${resource}`;
  }

  /**
   * The permissions boundary of every role in this domain: the most that the role can be allowed. The foundation makes one for each
   * domain.
   */
  get boundaryArn(): string {
    return (this.foundation as ContractValues<string>)[boundaryParameter(this.identity.domain)] as string;
  }

  /** Publishes every parameter of a contract of this domain in SSM. The values are plain text; never publish a secret. */
  publish<Parameter extends string>(contract: Contract<Parameter>, values: Record<NoInfer<Parameter>, string>): void {
    const { domain, version, parameters } = contract;
    if (domain !== this.identity.domain) {
      const fix = `Write domain: "${this.identity.domain}" in the contract.ts of ${this.domain}.`;
      addFinding(this, `the stack publishes the contract of "${domain}", but a domain can only publish its own contracts. ${fix}`);
    }
    if (this.published.some((earlier) => this.pathOf(earlier) === this.pathOf(contract))) {
      addFinding(this, `the stack publishes version ${version} of its contract twice. Remove one call of publish.`);
      return;
    }
    this.published.push(contract);
    for (const parameter of parameters) {
      const name = contractParameter(this.identity, version, parameter);
      new SsmParameter(this, `publish-v${version}-${parameter}`, { name, type: "String", insecureValue: values[parameter] });
    }
  }

  /**
   * Returns the values that another stack publishes. Terraform reads them from SSM when it plans.
   *
   * Each value is a getter, so that the stack depends only on the parameters that it uses: Terraform looks up every data source
   * that exists, and a parameter that this stack does not use must not stop its deploy. `domain.json` lists the same
   * parameters, and `npm run compat` keeps those from being removed.
   */
  read<Parameter extends string>(contract: Contract<Parameter>): ContractValues<Parameter> {
    if (!this.parametersRead.has(contract)) this.parametersRead.set(contract, new Set());
    const values = {};
    for (const parameter of contract.parameters) {
      Object.defineProperty(values, parameter, { enumerable: true, get: () => this.readParameter(contract, parameter) });
    }
    return values as ContractValues<Parameter>;
  }

  /** The path of a contract's parameters in SSM, in the environment of this stack. */
  pathOf({ domain, version }: Contract): string {
    return contractPath({ ...this.identity, domain }, version);
  }

  /**
   * Describes this stack for `domain.json`. The events are missing, because they belong to the domain and not to its stack, and what the
   * lambdas' zips are made of, because the zips are not ready yet.
   */
  describe(): Omit<StackDescription, "events" | "lambdas"> & Pick<DomainStack, "lambdas"> {
    const { project, environment, domain, triggers, lambdas, secrets } = this;
    const sorted = ({ domain, version }: Contract, parameters: Iterable<string>): Contract => ({
      domain,
      version,
      parameters: [...parameters].sort(),
    });
    const exceptions = describeExceptions(this);
    const contractsRead = [...this.parametersRead].filter(([, used]) => used.size > 0);
    return {
      stack: this.node.id,
      project: project.name,
      domain,
      ...(this.formerly !== undefined && { formerly: this.formerly }),
      environment: environment.name,
      account: environment.account,
      region: project.region,
      triggers,
      lambdas,
      secrets,
      publishes: this.published.map((contract) => sorted(contract, contract.parameters)),
      reads: contractsRead.map(([contract, used]) => sorted(contract, used)),
      ...(exceptions.length > 0 && { exceptions }),
    };
  }

  private addProvider(): void {
    const { project, environment, identity } = this;
    new AwsProvider(this, "aws", {
      region: project.region,
      allowedAccountIds: [environment.account],
      defaultTags: [
        { tags: { project: project.name, domain: identity.domain, environment: environment.name, repository: project.repository } },
      ],
    });
    // The bindings require one exact version of the provider. This range accepts every version that the project supports.
    this.addOverride("terraform.required_providers.aws.version", ">= 5.100.0, < 7.0.0");
  }

  /** The value of one parameter of a contract. Its data source is created when the value is used for the first time. */
  private readParameter(contract: Contract, parameter: string): string {
    const { domain, version } = contract;
    this.parametersRead.get(contract)?.add(parameter);
    const id = `read-${domain}-v${version}-${parameter}`;
    const existing = this.node.tryFindChild(id) as DataAwsSsmParameter | undefined;
    if (existing) return existing.insecureValue;
    const name = contractParameter({ ...this.identity, domain }, version, parameter);
    return new DataAwsSsmParameter(this, id, { name }).insecureValue;
  }

  /**
   * Turns an error that `define()` throws into a finding if its message is meant for the domain's author. Such an error is a
   * `ZodError` (a sample does not match its schema) or a plain `Error`: `constructs` and CDKTF throw one for a mistake such as two
   * constructs with the same id.
   * An error of another class, such as `TypeError`, is a bug and keeps its stack trace.
   */
  private addErrorOfDefine(error: unknown): void {
    const stopped = "define() stopped here, so later problems of this stack are not listed.";
    if (error instanceof z.ZodError) {
      addFinding(this, `a value does not match its schema: ${schemaProblems(error).join("; ")}. ${stopped}`, this.node.id, error);
    } else if (error instanceof Error && error.constructor === Error) {
      addFinding(this, `${error.message}. ${stopped}`, this.node.id, error);
    } else {
      throw error;
    }
  }
}
