import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { TerraformStack } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import type { Environment, Project } from "./config";
import type { Contract } from "./contract";
import { addFinding } from "./findings";
import type { Bundles } from "./lambda/bundling";
import { checkedName, type NamedKind } from "./names";
import type { LambdaDescription, StackDescription, TriggerDescription } from "./stack-description";
import { addBackend } from "./state";

/** What every stack is given by `main.ts`. */
export interface EnvironmentStackProps {
  project: Project;
  environment: Environment;
  bundles: Bundles;
}

/**
 * One domain in one environment: one Terraform state. Knows how things are named, where state
 * lives, and how values pass between stacks (contracts, never cross-stack references).
 */
export abstract class EnvironmentStack extends TerraformStack {
  readonly project: Project;
  readonly environment: Environment;
  readonly bundles: Bundles;

  /** What `domain.json` will tell of this stack; triggers and lambdas enter themselves. */
  readonly triggers: TriggerDescription[] = [];
  readonly lambdas: LambdaDescription[] = [];
  /** Why a permission on `*` is needed, by the lambda that has it. */
  readonly wildcardReasons: Record<string, string> = {};
  private readonly published: Contract[] = [];
  private readonly parametersRead = new Map<Contract, Set<string>>();

  constructor(
    scope: Construct,
    readonly domain: string,
    props: EnvironmentStackProps,
  ) {
    super(scope, `${domain}-${props.environment.name}`);
    this.project = props.project;
    this.environment = props.environment;
    this.bundles = props.bundles;

    new AwsProvider(this, "aws", {
      region: this.project.region,
      allowedAccountIds: [this.environment.account],
      defaultTags: [
        {
          tags: {
            project: this.project.name,
            domain,
            environment: this.environment.name,
            repository: this.project.repository,
          },
        },
      ],
    });
    // The range runs on the provider that a machine has; the bindings would pin exactly one.
    this.addOverride("terraform.required_providers.aws.version", ">= 5.100.0, < 7.0.0");
    // The workspace that holds the state in HCP Terraform has this name.
    this.nameFor(this, "HCP Terraform workspace");
    addBackend(this);
  }

  /** The stack that `construct` is in. */
  static override of(construct: IConstruct): EnvironmentStack {
    return TerraformStack.of(construct) as EnvironmentStack;
  }

  /** `<project>-<domain>-<environment>-<thing>`, checked against the limit of its kind. */
  nameFor(scope: IConstruct, kind: NamedKind, thing?: string, prefix = ""): string {
    const name = thing === undefined ? this.namePrefix : `${this.namePrefix}-${thing}`;
    return checkedName(scope, kind, this.environment.account, prefix + name);
  }

  /** What the names of this stack's resources begin with. */
  get namePrefix(): string {
    return `${this.project.name}-${this.domain}-${this.environment.name}`;
  }

  /** The ARN of a resource in this stack's account and region, where a reference would make a cycle in Terraform. */
  arnOf(service: string, resource: string): string {
    const { region } = this.project;
    const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
    return `arn:${partition}:${service}:${region}:${this.environment.account}:${resource}`;
  }

  /** Publishes every parameter of this domain's own contract. Values are plain text, never a secret. */
  publish<Parameter extends string>(contract: Contract<Parameter>, values: Record<NoInfer<Parameter>, string>): void {
    if (contract.domain !== this.domain) {
      addFinding(
        this,
        `publishes the contract of "${contract.domain}"; a domain publishes its own only: write domain: "${this.domain}" in contract.ts`,
      );
    }
    this.published.push(contract);
    for (const parameter of contract.parameters) {
      new SsmParameter(this, `publish-v${contract.version}-${parameter}`, {
        name: this.parameterName(contract, parameter),
        type: "String",
        insecureValue: values[parameter],
      });
    }
  }

  /** The values that another stack publishes, read when Terraform plans; only those that are used are looked up. */
  read<Parameter extends string>(contract: Contract<Parameter>): Readonly<Record<Parameter, string>> {
    const used = this.parametersRead.get(contract) ?? new Set();
    this.parametersRead.set(contract, used);
    const id = (parameter: string) => `read-${contract.domain}-v${contract.version}-${parameter}`;
    const values = {} as Record<Parameter, string>;
    for (const parameter of contract.parameters) {
      Object.defineProperty(values, parameter, {
        enumerable: true,
        get: () => {
          used.add(parameter);
          const known = this.node.tryFindChild(id(parameter)) as DataAwsSsmParameter | undefined;
          return (known ?? new DataAwsSsmParameter(this, id(parameter), { name: this.parameterName(contract, parameter) })).insecureValue;
        },
      });
    }
    return values;
  }

  private parameterName({ domain, version }: Contract, parameter: string): string {
    return `/${this.project.name}/${this.environment.name}/${domain}/v${version}/${parameter}`;
  }

  /** What this stack is, for people and tools. */
  describe(): StackDescription {
    const contract = ({ domain, version }: Contract, parameters: Iterable<string>) => ({
      domain,
      version,
      parameters: [...parameters].sort(),
    });
    return {
      stack: this.node.id,
      project: this.project.name,
      domain: this.domain,
      environment: this.environment.name,
      account: this.environment.account,
      region: this.project.region,
      triggers: this.triggers,
      lambdas: this.lambdas,
      publishes: this.published.map((each) => contract(each, each.parameters)),
      reads: [...this.parametersRead].filter(([, used]) => used.size > 0).map(([each, used]) => contract(each, used)),
      wildcardReasons: this.wildcardReasons,
    };
  }
}
