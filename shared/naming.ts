/**
 * How everything is named. Each format stands here and nowhere else; the limits that AWS sets for each kind of name are
 * in `stack/names.ts`. Nothing here knows CDKTF, because commands and lambdas use it too.
 */

/** What a name is made of, as `domain.json` has it: a stack's project, domain and environment. */
export interface StackIdentity {
  project: string;
  domain: string;
  environment: string;
}

/** Lower-case letters and digits in parts joined by single "-": the characters that every AWS service accepts in a name. */
export const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** {@link KEBAB_CASE} in words, for error messages. */
export const KEBAB_CASE_RULE = 'lower-case letters and digits in parts joined by single "-"';

/** The id of a stack: `orders-int`. */
export function stackId({ domain, environment }: Pick<StackIdentity, "domain" | "environment">): string {
  return `${domain}-${environment}`;
}

/** The name of a resource: `shop-orders-int-placed`. Without a thing, what all names of a stack begin with. */
export function resourceName({ project, domain, environment }: StackIdentity, thing = ""): string {
  return [project, domain, environment, thing].filter(Boolean).join("-");
}

/** An ARN pattern that the names of all resources of an environment match, whatever their domain: `shop-*-int-*`. */
export function resourceNamePattern({ project, environment }: Pick<StackIdentity, "project" | "environment">): string {
  return `${resourceName({ project, domain: "*", environment })}-*`;
}

/** Where a version of a contract is in SSM: `/shop/int/orders/v1`. */
export function contractPath({ project, domain, environment }: StackIdentity, version: number): string {
  return `/${project}/${environment}/${domain}/v${version}`;
}

/** The SSM parameter of one value of a contract: `/shop/int/orders/v1/queueUrl`. */
export function contractParameter(owner: StackIdentity, version: number, parameter: string): string {
  return `${contractPath(owner, version)}/${parameter}`;
}

/** The SSM parameter that holds a secret: `/shop/int/receipts/secret/mailer-key`. */
export function secretParameter({ project, domain, environment }: StackIdentity, name: string): string {
  return `/${project}/${environment}/${domain}/secret/${name}`;
}

/** The stack and the name of a secret, from its parameter: the inverse of {@link secretParameter}. */
export function parseSecretParameter(parameter: string): { stack: string; name: string } {
  const [, , environment = "", domain = "", , name = ""] = parameter.split("/");
  return { stack: stackId({ domain, environment }), name };
}
