import { isMarked } from "../marks";
import {
  type Change,
  type DangerousChange,
  type DangerousPlan,
  type Found,
  isOwnerGone,
  isUnchanged,
  managedChanges,
  shown,
  type Values,
} from "./planned-change";

/** Who may invoke a function by a new permission. The services of AWS act for every account, unless the permission says for which. */
export function openedFunction({ type, change }: DangerousChange, plan: DangerousPlan): Found[] {
  const { after, after_unknown } = change;
  const conditions = ["source_arn", "source_account", "principal_org_id"];
  if (type !== "aws_lambda_permission" || after === null || isUnchanged(change, ["action", "principal", ...conditions])) return [];
  const isSet = (attribute: string) => isMarked(after_unknown[attribute]) || Boolean(after[attribute]);
  const allows = `allows ${shown(change, "action")} for`;
  const permission = (text: string): Found[] => [{ kind: "permissions", text: `${allows} ${text}` }];
  if (isMarked(after_unknown.principal)) return permission(shown(change, "principal"));
  const principal = String(after.principal);
  if (principal === "*" && !conditions.some(isSet)) return [{ kind: "public", text: `${allows} everyone` }];
  if (principal === "*") return permission("everyone who meets its conditions");

  const account = /^\d{12}$/.test(principal) ? principal : principal.split(":")[4];
  if (account !== undefined) return accountsOf(plan).has(account) ? [] : permission(`${shown(change, "principal")}, of another account`);
  return isSet("source_arn") || isSet("source_account") ? [] : permission(`${shown(change, "principal")} on behalf of any account`);
}

/** The account of the stack, as the ARNs of its functions and roles say it. Empty if none of them exists yet. */
function accountsOf(plan: DangerousPlan): Set<string | undefined> {
  const own = managedChanges(plan).filter(({ type }) => type === "aws_lambda_function" || type === "aws_iam_role");
  return new Set(own.flatMap(({ change: { before } }) => (before?.arn ? [String(before.arn).split(":")[4]] : [])));
}

/** What is called by an address, and its name for who calls it. */
const ADDRESSES: Record<string, (change: Change) => string> = {
  aws_apigatewayv2_route: (change) => shown(change, "route_key"),
  aws_lambda_function_url: () => "the URL of the function",
};

export function openedAddress({ type, change }: DangerousChange): Found[] {
  const what = ADDRESSES[type]?.(change);
  if (what === undefined || change.after === null || isUnchanged(change, ["authorization_type", "route_key"])) return [];
  const attribute = "authorization_type";
  if (isMarked(change.after_unknown[attribute])) return [{ kind: "public", text: `${what} may be open to anyone` }];
  return (change.after[attribute] ?? "NONE") === "NONE" ? [{ kind: "public", text: `${what} is open to anyone` }] : [];
}

export function openedMethod({ type, change }: DangerousChange): Found[] {
  if (type !== "aws_api_gateway_method" || change.after === null || isUnchanged(change, ["authorization"])) return [];
  return change.after.authorization === "NONE" ? [{ kind: "public", text: `${shown(change, "http_method")} is open to anyone` }] : [];
}

/** An authorizer decides who may call. Another issuer or function can let in others. */
export function changedAuthorizer({ type, change }: DangerousChange): Found[] {
  const deciding = ["authorizer_uri", "identity_sources", "jwt_configuration"];
  if (type !== "aws_apigatewayv2_authorizer" || change.before === null || change.after === null || isUnchanged(change, deciding)) return [];
  return [{ kind: "permissions", text: "decides otherwise who may call" }];
}

/** Who may send events to a bus. */
export function openedBus({ type, change }: DangerousChange): Found[] {
  const { after } = change;
  if (type !== "aws_cloudwatch_event_permission" || after === null || isUnchanged(change, ["principal", "condition"])) return [];
  if (after.principal !== "*") return [{ kind: "permissions", text: `allows ${shown(change, "principal")} to send events` }];
  const hasCondition = [after.condition ?? []].flat().length > 0;
  return [
    {
      kind: hasCondition ? "permissions" : "public",
      text: `allows everyone${hasCondition ? " who meets its condition" : ""} to send events`,
    },
  ];
}

export function openedAcl({ type, change }: DangerousChange): Found[] {
  if (type !== "aws_s3_bucket_acl" || change.after === null || isUnchanged(change, ["acl"])) return [];
  return /^(public-|authenticated-)/.test(String(change.after.acl))
    ? [{ kind: "public", text: `the bucket's ACL is ${shown(change, "acl")}` }]
    : [];
}

/** The attributes that keep a bucket from being public. */
export const BLOCKS = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

export function unblockedBucket(resource: DangerousChange, plan: DangerousPlan): Found[] {
  const { before, after } = resource.change;
  if (resource.type !== "aws_s3_bucket_public_access_block" || (after === null && isOwnerGone(resource, plan))) return [];
  const lost = BLOCKS.filter((attribute) => before?.[attribute] === true && after?.[attribute] !== true);
  return lost.length === 0 ? [] : [{ kind: "public", text: `the bucket loses ${lost.join(", ")}` }];
}

/** Ports that a rule opens to every address of the internet. */
interface Opening {
  addresses: string;
  protocol: string;
  from: number;
  to: number;
}

export function openedPorts({ type, change }: DangerousChange): Found[] {
  const old = openingsIn(type, change.before);
  const added = openingsIn(type, change.after).filter((opening) => !old.some((other) => includesPorts(other, opening)));
  return added.map((opening) => ({
    kind: "public",
    text: isMarked(change.after_sensitive) ? "a port is open to every address" : describeOpening(opening),
  }));
}

function describeOpening({ addresses, protocol, from, to }: Opening): string {
  const ports = isEveryProtocol(protocol) ? "every port" : `${protocol} ${from === to ? from : `${from}-${to}`}`;
  return `${ports} is open to ${addresses}`;
}

function openingsIn(type: string, values: Values): Opening[] {
  return rulesOf(type, values).flatMap((rule) => {
    const ranges = [rule.cidr_blocks, rule.ipv6_cidr_blocks, rule.cidr_ipv4, rule.cidr_ipv6].flat().map(String);
    const protocol = String(rule.protocol ?? rule.ip_protocol);
    const everywhere = ranges.filter((range) => range.endsWith("/0"));
    return everywhere.map((addresses) => ({ addresses, protocol, from: Number(rule.from_port), to: Number(rule.to_port) }));
  });
}

function rulesOf(type: string, values: Values): Record<string, unknown>[] {
  if (!values) return [];
  if (type === "aws_security_group" || type === "aws_default_security_group") return [values.ingress ?? []].flat() as [];
  const isRule = type === "aws_vpc_security_group_ingress_rule" || (type === "aws_security_group_rule" && values.type === "ingress");
  return isRule ? [values] : [];
}

function includesPorts(one: Opening, other: Opening): boolean {
  if (one.addresses !== other.addresses) return false;
  return isEveryProtocol(one.protocol) || (one.protocol === other.protocol && one.from <= other.from && one.to >= other.to);
}

function isEveryProtocol(protocol: string): boolean {
  return protocol === "-1" || protocol === "all";
}
