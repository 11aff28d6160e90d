/**
 * The format of every name that this project chooses. The longest names that AWS accepts are in `stack/name-limits.ts`. Nothing here
 * imports CDKTF, because commands and lambdas use it too.
 */

/** The parts of a stack's names. */
export interface StackIdentity {
  project: string;
  domain: string;
  environment: string;
}

/** Lower-case letters and digits in parts joined by single "-": the characters that every AWS service accepts in a name. */
export const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** {@link KEBAB_CASE} in words, for error messages. */
export const KEBAB_CASE_RULE = 'lower-case letters and digits in parts joined by single "-"';

/** A name in kebab-case as a name of TypeScript: `record-order` as `recordOrder`. */
export function camelCase(kebabCase: string): string {
  return kebabCase.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The id of a stack: `orders-int`. */
export function stackId({ domain, environment }: Pick<StackIdentity, "domain" | "environment">): string {
  return `${domain}-${environment}`;
}

/** A domain in one environment, by its present name and the one that it had before it was renamed. */
interface DeployedIdentity {
  domain: string;
  formerly?: string;
  environment: string;
}

/** The name of a domain when it was first deployed. Everything that is deployed has names that are made of it. */
export function deployedDomain({ domain, formerly = domain }: Pick<DeployedIdentity, "domain" | "formerly">): string {
  return formerly;
}

/** The parts of the names of everything that is deployed in a stack, from its `domain.json`. */
export function deployedIdentity({ project, ...stack }: DeployedIdentity & Pick<StackIdentity, "project">): StackIdentity {
  return { project, domain: deployedDomain(stack), environment: stack.environment };
}

/** The id that a stack had when it was first deployed. Its state has this name, and commands accept it beside the present id. */
export function deployedStackId(stack: DeployedIdentity): string {
  return stackId({ domain: deployedDomain(stack), environment: stack.environment });
}

/**
 * The path of every role in a domain: `/shop/int/orders/`. A role that may create roles below the path of one domain cannot create or
 * change the roles of another one, nor its own.
 */
export function rolePath({ project, domain, environment }: StackIdentity): string {
  return `/${project}/${environment}/${domain}/`;
}

/** The name of a resource: `shop-orders-int-placed`. Without a thing, it is the prefix of all names of the stack. */
export function resourceName({ project, domain, environment }: StackIdentity, thing = ""): string {
  return [project, domain, environment, thing].filter(Boolean).join("-");
}

/** Adds the prefix or suffix that a name of this kind needs: `alias/shop-shared-int-alarms`, `shop-orders-int-placed.fifo`. */
export function withAffixes(kind: string, name: string): string {
  if (kind === "FIFO queue") return `${name}.fifo`;
  if (kind === "KMS alias") return `alias/${name}`;
  if (kind === "VPC flow log group") return `/aws/vpc/${name}`;
  return name;
}

/** An ARN pattern that matches the names of all resources of an environment, in every domain: `shop-*-int-*`. */
export function resourceNamePattern({ project, environment }: Pick<StackIdentity, "project" | "environment">): string {
  return `${resourceName({ project, domain: "*", environment })}-*`;
}

/** The path in SSM of a version of a contract: `/shop/int/orders/v1`. */
export function contractPath({ project, domain, environment }: StackIdentity, version: number): string {
  return `/${project}/${environment}/${domain}/v${version}`;
}

/** The SSM parameter of one value of a contract: `/shop/int/orders/v1/queueUrl`. */
export function contractParameter(owner: StackIdentity, version: number, parameter: string): string {
  return `${contractPath(owner, version)}/${parameter}`;
}

/** The SSM parameter of a secret: `/shop/int/receipts/secret/mailer-key`. */
export function secretParameter({ project, domain, environment }: StackIdentity, name: string): string {
  return `/${project}/${environment}/${domain}/secret/${name}`;
}

/** The stack and the name of a secret, from its parameter: the inverse of {@link secretParameter}. */
export function parseSecretParameter(parameter: string): { stack: string; name: string } {
  const [, , environment = "", domain = "", , name = ""] = parameter.split("/");
  return { stack: stackId({ domain, environment }), name };
}

/** The parameter with the head of a record, of all those that a record has. */
export const RECORD_HEAD = "head";

/**
 * The SSM parameters with the record of what runs in a stack: `/shop/int/orders/version/head`. The patterns of the deploy roles for contracts,
 * `orders/v*`, match them too: whoever applies a stack publishes its contracts and records what runs.
 */
export function recordParameter({ project, domain, environment }: StackIdentity, part: string | number): string {
  return `/${project}/${environment}/${domain}/version/${part}`;
}

/**
 * The bucket for the Terraform state of an environment: `shop-int-state-111111111111`. {@link resourceNamePattern} does not match this
 * name, so lambdas cannot reach the bucket.
 */
export function stateBucket({ project, environment, account }: { project: string; environment: string; account: string }): string {
  return `${project}-${environment}-state-${account}`;
}

/** The object with the state of a stack in the state bucket: `state/orders.tfstate`. */
export function stateKey(domain: string): string {
  return `state/${domain}.tfstate`;
}

/**
 * The prefix of a domain's saved plans in the state bucket: `plans/main/orders/`. Plans of pull requests are apart, because no role that
 * applies may read one.
 */
export function planPrefix(domain: string, from: "main" | "pull-request"): string {
  return `plans/${from}/${domain}/`;
}

/** The file with the state of a stack in the clone, if the state is kept there: `.state/orders-int.tfstate`. */
export function stateFile(id: string): string {
  return `.state/${id}.tfstate`;
}

/** The domain of the stacks that say who may deploy to an account: `access-int`. Only an administrator applies them. */
export const ACCESS = "access";

/** The id of the stack that has the workspaces of HCP Terraform. It belongs to no environment. */
export const WORKSPACES_STACK = "workspaces";

/** The workspace of a stack in HCP Terraform: `shop-orders-int`. */
export function workspaceName(identity: StackIdentity): string {
  return resourceName(identity);
}

/**
 * What a deploy role is for: `plan` reads, `apply` changes what the stack of its domain has, `smoke` sends test events to the domain's
 * triggers.
 */
export type DeployPhase = "plan" | "apply" | "smoke";

/**
 * The name of a role with which the stack of a domain is deployed: `shop-int-orders-apply`. The environment comes before the domain, so
 * that {@link resourceNamePattern} does not match it: a role that may change the resources of a domain cannot change itself.
 */
export function deployRoleName({ project, domain, environment }: StackIdentity, phase: DeployPhase): string {
  return [project, environment, domain, phase].join("-");
}

/** The domain of the foundation: `shared-int`. */
export const FOUNDATION = "shared";

/**
 * A deploy role in its ARN: `role/shop/int/shared/shop-int-orders-apply`. The foundation has the roles of the domains, and the stack
 * `access-<environment>` has those of the foundation, so that no role can change itself.
 */
export function deployRole(identity: StackIdentity, phase: DeployPhase): string {
  const owner = identity.domain === FOUNDATION ? ACCESS : FOUNDATION;
  return `role${rolePath({ ...identity, domain: owner })}${deployRoleName(identity, phase)}`;
}

/** The role for the people who operate an environment: `shop-int-operator`. */
export function operatorRoleName({ project, environment }: Pick<StackIdentity, "project" | "environment">): string {
  return [project, environment, "operator"].join("-");
}

/** The managed policy that is the permissions boundary of every deploy role of an environment: `shop-access-int-deploy-boundary`. */
export function deployBoundaryName(identity: Pick<StackIdentity, "project" | "environment">): string {
  return resourceName({ ...identity, domain: ACCESS }, "deploy-boundary");
}

/** The managed policy that is the permissions boundary of every role in a domain: `shop-shared-int-orders-boundary`. */
export function domainBoundaryName(identity: StackIdentity): string {
  return resourceName({ ...identity, domain: FOUNDATION }, `${identity.domain}-boundary`);
}

/** The ARN of a KMS key by its alias: `arn:aws:kms:eu-west-1:111111111111:alias/terraform-state`. */
export function kmsAliasArn({ region, account }: { region: string; account: string }, alias: string): string {
  return `arn:aws:kms:${region}:${account}:${alias}`;
}

/** The type of an event, by which a bus or a topic tells events apart: `order-placed.v1`. */
export function eventType({ name, version }: { name: string; version: number }): string {
  return `${name}.v${version}`;
}
