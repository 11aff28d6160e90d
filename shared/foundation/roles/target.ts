import type { DomainStack } from "../../domain-stack";
import { resourceName, type StackIdentity } from "../../naming";

/**
 * What Terraform needs to manage a type of resource: to read it, which a plan does too, and to change it. The names of actions and the
 * kinds of resource are those of the Service Authorization Reference.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export interface TypePermissions {
  read?: Permission[];
  write?: Permission[];
}

export interface Permission {
  actions: string[];
  /** ARNs. `["*"]` for actions that have no resource types, or whose resource has no name yet. */
  resources: string[];
  condition?: Condition;
}

/** The condition of a statement: by operator, then by condition key. */
export type Condition = Record<string, Record<string, string | string[]>>;

/** What the ARNs of one domain, in one environment, are made of. */
export class Target {
  /**
   * @param stack any stack of the environment, because it knows the account and the region
   * @param identity the domain that is deployed
   */
  constructor(
    private readonly stack: DomainStack,
    readonly identity: StackIdentity,
  ) {}

  /** Matches the names of all resources of the domain: `shop-orders-int-*`. */
  get own(): string {
    return `${resourceName(this.identity)}-*`;
  }

  /**
   * Matches the ARNs of the region that end with a name of the domain, whatever precedes it: `table/`, `function:`, or nothing. The actions
   * of a statement say which services it is about, so that one pattern does for all of them.
   */
  get named(): string[] {
    const { arnPrefix, project, environment } = this.stack;
    return ["", "*:", "*/"].map((before) => `${arnPrefix}:*:${project.region}:${environment.account}:${before}${this.own}`);
  }

  /** The same prefix for a domain that this one reads the contracts of. */
  ownOf(domain: string): string {
    return `${resourceName({ ...this.identity, domain })}-*`;
  }

  arn(service: string, resource: string): string {
    return this.stack.arnOf(service, resource);
  }

  /** Matches the names of all buckets of the domain. They end with the account, because the ARN of a bucket does not contain it. */
  get ownBuckets(): string {
    return `${this.own}-${this.stack.environment.account}`;
  }

  /** ARNs of API Gateway have no account. */
  apiArn(path: string): string {
    return `${this.stack.arnPrefix}:apigateway:${this.stack.project.region}::${path}`;
  }

  /** The tags that the AWS provider gives to everything in the stack of the domain, as the condition that something has them. */
  tagged(key: "aws:RequestTag" | "aws:ResourceTag"): Condition {
    return { StringEquals: this.tags(key) };
  }

  /** The condition that a request gives these tags to something that is new, or that has them already. */
  get taggedByRequest(): Condition {
    return { ...this.tagged("aws:RequestTag"), ...this.notOfOthers };
  }

  /**
   * The condition that something does not have the tags of another domain. It is for reading: what was deleted has no tags any more, and
   * the answer should be that it does not exist.
   */
  get notOfOthers(): Condition {
    return { StringEqualsIfExists: this.tags("aws:ResourceTag") };
  }

  private tags(key: string): Record<string, string> {
    const { project, domain, environment } = this.identity;
    return { [`${key}/project`]: project, [`${key}/domain`]: domain, [`${key}/environment`]: environment };
  }
}

/** Permissions of one service on the domain's own names. */
export function named(target: Target, service: string, actions: string[]): Permission {
  return { actions: of(service, actions), resources: target.named };
}

/** Permissions of one service on some kinds of its resources. */
export function own(target: Target, service: string, actions: string[], ...patterns: string[]): Permission {
  return { actions: of(service, actions), resources: patterns.map((pattern) => target.arn(service, pattern)) };
}

export function of(service: string, actions: string[]): string[] {
  return actions.map((action) => `${service}:${action}`);
}

/** Permissions by Terraform's name of the type of resource. */
export type Table = Record<string, (target: Target) => TypePermissions>;
