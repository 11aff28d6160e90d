import { isDeepStrictEqual } from "node:util";
import { printableLine } from "../cli/printable";
import type { ShownPlan } from "../terraform/plan";
import { describeGrants, type Grant, isForEveryone, wideningOf } from "./widened-policies";

/** A change that nobody should apply without having seen it. */
export interface Danger {
  /** What must be named to accept it: the Terraform address of the resource, or the id of the stack if it loses everything. */
  name: string;
  kind: "data" | "everything" | "permissions" | "public";
  /** In words, without any value that Terraform calls sensitive: `hash_key replaces the table and its data`. */
  text: string;
}

type ShownChange = NonNullable<ShownPlan["resource_changes"]>[number];

/** A change of a resource, with the marks of sensitive values: `true`, or an object with marks inside. */
export interface DangerousChange extends ShownChange {
  change: Change;
}

type Change = ShownChange["change"] & { before_sensitive?: unknown; after_sensitive?: unknown };

/** The part of `terraform show -json <plan>` from which dangers are found. */
export interface DangerousPlan extends ShownPlan {
  resource_changes?: DangerousChange[];
  /** The code that was planned. It says what a value is made of that is known only after the apply. */
  configuration?: { root_module?: { resources?: { address: string; expressions?: Expressions }[] } };
}

/** What the code says about the attributes of a resource. Of an attribute, the things that it refers to. */
type Expressions = Record<string, { references?: string[] }>;

/**
 * The dangers of a plan, in Terraform's order: what it destroys, who may do more, and what it opens to everyone. A resource can have
 * several. If it is not certain that something is harmless, it is a danger.
 * @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
 */
export function dangersOf(stackId: string, plan: DangerousPlan): Danger[] {
  const managed = managedChanges(plan);
  const changes = managed.filter(({ change: { actions } }) => ["create", "update", "delete"].some((action) => actions.includes(action)));
  const dangers = changes.flatMap((change) =>
    FINDERS.flatMap((find) => find(change, plan)).map(({ kind, text }) => ({ name: change.address, kind, text: printableLine(text) })),
  );
  return [...lossOfEverything(stackId, managed), ...dangers];
}

type Found = Omit<Danger, "name">;
type Values = Record<string, unknown> | null;

const FINDERS: ((change: DangerousChange, plan: DangerousPlan) => Found[])[] = [
  lossOfData,
  widenedPolicies,
  changedBoundary,
  attachedPolicies,
  listedPolicies,
  openedFunction,
  openedAddress,
  unblockedBucket,
  openedPorts,
];

function managedChanges({ resource_changes = [] }: DangerousPlan): DangerousChange[] {
  return resource_changes.filter(({ mode }) => mode === "managed");
}

/** A resource that is only forgotten stays on AWS, but not in the stack. */
function lossOfEverything(stackId: string, managed: DangerousChange[]): Danger[] {
  const { length } = managed.filter(isDestroyed);
  const stays = managed.some((change) => !isDestroyed(change) && !change.change.actions.includes("forget"));
  if (length === 0 || stays) return [];
  return [
    { name: stackId, kind: "everything", text: `destroys everything in the stack: ${length} ${length === 1 ? "resource" : "resources"}` },
  ];
}

function isDestroyed({ change: { actions } }: DangerousChange): boolean {
  return actions.includes("delete") && !actions.includes("create");
}

/**
 * The types whose loss costs nothing but the time to create them again. Every other type counts as holding data.
 *
 * An event source mapping is among them: the messages stay in its queue or stream. A parameter too: it is a contract, and Terraform knows
 * its value.
 */
export const HOLDS_NOTHING: readonly string[] = `
  aws_apigatewayv2_api aws_apigatewayv2_api_mapping aws_apigatewayv2_authorizer aws_apigatewayv2_domain_name aws_apigatewayv2_integration
  aws_apigatewayv2_route aws_apigatewayv2_stage
  aws_cloudwatch_dashboard aws_cloudwatch_event_bus_policy aws_cloudwatch_event_permission aws_cloudwatch_event_rule
  aws_cloudwatch_event_target aws_cloudwatch_log_metric_filter aws_cloudwatch_log_resource_policy aws_cloudwatch_log_subscription_filter
  aws_cloudwatch_metric_alarm
  aws_iam_group_policy aws_iam_group_policy_attachment aws_iam_instance_profile aws_iam_openid_connect_provider aws_iam_policy
  aws_iam_policy_attachment aws_iam_role aws_iam_role_policy aws_iam_role_policy_attachment aws_iam_user_policy
  aws_iam_user_policy_attachment
  aws_dynamodb_resource_policy aws_kinesis_resource_policy aws_kinesis_stream_consumer aws_kms_alias aws_kms_key_policy
  aws_lambda_alias aws_lambda_event_source_mapping aws_lambda_function aws_lambda_function_event_invoke_config aws_lambda_function_url
  aws_lambda_permission
  aws_default_security_group aws_eip aws_flow_log aws_internet_gateway aws_nat_gateway aws_network_acl aws_network_acl_rule aws_route
  aws_route_table aws_route_table_association aws_security_group aws_security_group_rule aws_subnet aws_vpc aws_vpc_endpoint
  aws_vpc_security_group_egress_rule aws_vpc_security_group_ingress_rule
  aws_s3_bucket_acl aws_s3_bucket_lifecycle_configuration aws_s3_bucket_notification aws_s3_bucket_ownership_controls
  aws_s3_bucket_policy aws_s3_bucket_public_access_block aws_s3_bucket_server_side_encryption_configuration aws_s3_bucket_versioning
  aws_scheduler_schedule aws_secretsmanager_secret_policy aws_sns_topic_policy aws_sns_topic_subscription aws_sqs_queue_policy
  aws_sqs_queue_redrive_allow_policy aws_sqs_queue_redrive_policy aws_ssm_parameter`
  .trim()
  .split(/\s+/);

/** What is lost with a resource that holds data or messages, by its type. */
export const HOLDS_DATA: Readonly<Record<string, string>> = {
  aws_cloudwatch_event_archive: "the archive and its events",
  // It stores nothing, but events that are sent while it does not exist are lost.
  aws_cloudwatch_event_bus: "the event bus and the events on their way to it",
  aws_cloudwatch_log_group: "the log group and its logs",
  aws_dynamodb_table: "the table and its data",
  aws_kinesis_stream: "the stream and its records",
  aws_kms_key: "the key, without which nobody can read what it encrypted",
  aws_s3_bucket: "the bucket and its objects",
  // Subscriptions of other stacks end with it, and nothing creates them again.
  aws_sns_topic: "the topic, its subscriptions and the messages on their way to it",
  aws_sqs_queue: "the queue and its messages",
};

function lossOfData({ type, action_reason, change }: DangerousChange): Found[] {
  // Its creation did not finish, so that it holds nothing.
  if (action_reason === "replace_because_tainted") return [];
  if (!change.actions.includes("delete") || HOLDS_NOTHING.includes(type)) return [];
  const what = HOLDS_DATA[type] ?? `a resource of the type ${type} and whatever it holds`;
  if (!change.actions.includes("create")) return [{ kind: "data", text: `destroys ${what}` }];
  const causes = [...new Set((change.replace_paths ?? []).map((path) => describeCause(path, change)))].sort();
  const verb = causes.length > 1 ? "replace" : "replaces";
  return [{ kind: "data", text: `${causes.length > 0 ? `${causes.join(", ")} ` : ""}${verb} ${what}` }];
}

const LONGEST_VALUE = 40;

/** The attribute that AWS cannot change, and its values if they can be shown: `hash_key (orderId → id)`. */
function describeCause(path: (string | number)[], change: Change): string {
  const name = String(path[0]);
  const values = [change.before?.[name], change.after?.[name]];
  const isShort = values.every((value) => ["string", "number", "boolean"].includes(typeof value) && String(value).length <= LONGEST_VALUE);
  const isHidden = name === "environment" || isSensitive(change, name);
  return isShort && !isHidden ? `${name} (${values.join(" → ")})` : name;
}

/** What a resource belongs to: the attribute that names it, and its type. */
const OWNERS: Record<string, { attribute: string; type: string }> = {
  aws_cloudwatch_event_bus_policy: { attribute: "event_bus_name", type: "aws_cloudwatch_event_bus" },
  aws_dynamodb_resource_policy: { attribute: "resource_arn", type: "aws_dynamodb_table" },
  aws_iam_group_policy: { attribute: "group", type: "aws_iam_group" },
  aws_iam_group_policy_attachment: { attribute: "group", type: "aws_iam_group" },
  aws_iam_role_policy: { attribute: "role", type: "aws_iam_role" },
  aws_iam_role_policy_attachment: { attribute: "role", type: "aws_iam_role" },
  aws_iam_user_policy: { attribute: "user", type: "aws_iam_user" },
  aws_iam_user_policy_attachment: { attribute: "user", type: "aws_iam_user" },
  aws_kinesis_resource_policy: { attribute: "resource_arn", type: "aws_kinesis_stream" },
  aws_kms_key_policy: { attribute: "key_id", type: "aws_kms_key" },
  aws_s3_bucket_policy: { attribute: "bucket", type: "aws_s3_bucket" },
  aws_s3_bucket_public_access_block: { attribute: "bucket", type: "aws_s3_bucket" },
  aws_secretsmanager_secret_policy: { attribute: "secret_arn", type: "aws_secretsmanager_secret" },
  aws_sns_topic_policy: { attribute: "arn", type: "aws_sns_topic" },
  aws_sqs_queue_policy: { attribute: "queue_url", type: "aws_sqs_queue" },
};

/** The attributes with which other resources name a resource. */
const NAMES = ["id", "name", "arn", "bucket", "url", "key_id"];

/** Whether the plan creates what a resource belongs to, so that nobody uses that yet. */
function isOwnerNew({ type, address, change }: DangerousChange, plan: DangerousPlan): boolean {
  const owner = OWNERS[type];
  if (!owner) return false;
  const created = managedChanges(plan).filter((other) => other.type === owner.type && isCreated(other));
  if (!isMarked(change.after_unknown[owner.attribute]))
    return created.some(({ change: { after } }) => isNamed(after, change.after?.[owner.attribute]));
  // Its name is known only after the apply. The code says where it comes from.
  const references = expressionsOf(address, plan)?.[owner.attribute]?.references ?? [];
  const isOfCreated = (reference: string) => created.some((other) => `${reference}.`.startsWith(`${withoutIndex(other.address)}.`));
  return references.length > 0 && references.every(isOfCreated);
}

/** Whether the plan destroys what a resource belongs to, and does not replace it. */
function isOwnerGone({ type, change }: DangerousChange, plan: DangerousPlan): boolean {
  const owner = OWNERS[type];
  if (!owner) return false;
  const destroyed = managedChanges(plan).filter((other) => other.type === owner.type && isDestroyed(other));
  return destroyed.some(({ change: { before } }) => isNamed(before, change.before?.[owner.attribute]));
}

/** Whether another resource can name a resource so. */
function isNamed(values: Values, name: unknown): boolean {
  return typeof name === "string" && NAMES.some((attribute) => values?.[attribute] === name);
}

function isCreated({ change: { actions, before } }: DangerousChange): boolean {
  return actions.includes("create") && before === null;
}

/** Undefined if the plan does not have the code, as for a resource in a module. */
function expressionsOf(address: string, { configuration }: DangerousPlan): Expressions | undefined {
  const resource = configuration?.root_module?.resources?.find((each) => each.address === withoutIndex(address));
  return resource && (resource.expressions ?? {});
}

/** Whether the code has an attribute. Of a replaced resource, AWS chooses an attribute that the code does not have again. */
function isInCode(attribute: string, { address }: DangerousChange, plan: DangerousPlan): boolean {
  const expressions = expressionsOf(address, plan);
  return expressions === undefined || attribute in expressions;
}

function withoutIndex(address: string): string {
  return address.replace(/\[[^\]]*\]$/, "");
}

/** The attributes that are policies, also when their text is not known yet. Others are found by their text. */
const POLICY_ATTRIBUTES = ["access_policies", "access_policy", "assume_role_policy", "inline_policy", "policy", "policy_document"];

function widenedPolicies(change: DangerousChange, plan: DangerousPlan): Found[] {
  const { before, after, after_unknown } = change.change;
  const isPolicy = isPolicyResource(change);
  if (after === null && (!isPolicy || isOwnerGone(change, plan))) return [];
  const isOfNew = isCreated(change) && (!isPolicy || isOwnerNew(change, plan));
  const attributes = [...new Set([before, after, after_unknown].flatMap((values) => Object.keys(values ?? {})))];
  const policies = attributes.filter(
    (name) => POLICY_ATTRIBUTES.includes(name) || isPolicyText(before?.[name]) || isPolicyText(after?.[name]),
  );
  return policies.flatMap((attribute) => {
    const found = widenedPolicy(attribute, change, plan);
    // Who may use what the plan creates is a decision of its code. That it is open to everyone can be a mistake.
    return isOfNew ? found.filter(({ kind }) => kind === "public") : found;
  });
}

function widenedPolicy(attribute: string, resource: DangerousChange, plan: DangerousPlan): Found[] {
  const { change } = resource;
  const danger = (text: string): Found => ({ kind: "permissions", text: `${attribute} ${text}` });
  if (isMarked(change.after_unknown[attribute]) && isInCode(attribute, resource, plan))
    return [danger("is known only after the apply, so it may allow more")];
  const before = hasMoved(resource) ? [] : policiesIn(change.before?.[attribute]);
  const widening = wideningOf(before, policiesIn(change.after?.[attribute]));
  if (!widening) return [danger("cannot be compared, so it may allow more")];

  const described = (grants: Grant[]) => (isSensitive(change, attribute) ? "its text is sensitive" : describeGrants(grants));
  const allowed = widening.allowed.filter((grant) => !isForEveryone(grant));
  const open = widening.allowed.filter(isForEveryone).map((grant) => ({ ...grant, principal: "" }));
  return [
    ...(allowed.length > 0 ? [danger(`allows more: ${described(allowed)}`)] : []),
    ...(widening.undenied.length > 0 ? [danger(`denies less: ${described(widening.undenied)}`)] : []),
    ...(open.length > 0 ? [{ ...danger(`is open to everyone: ${described(open)}`), kind: "public" as const }] : []),
  ];
}

/** Whether a resource is nothing but a policy of another one. A managed policy is a resource that others name. */
function isPolicyResource({ type }: DangerousChange): boolean {
  return type.endsWith("_policy") && type !== "aws_iam_policy";
}

/** Whether a policy was one of another resource before, which says nothing about what this one allowed. */
function hasMoved({ type, change: { before, after } }: DangerousChange): boolean {
  const attribute = OWNERS[type]?.attribute;
  if (attribute === undefined || !before || typeof after?.[attribute] !== "string") return false;
  return before[attribute] !== after[attribute];
}

function isPolicyText(value: unknown): boolean {
  return typeof value === "string" && value.trimStart().startsWith("{") && value.includes('"Statement"');
}

/** The policies in the value of an attribute: one, or a list of blocks. */
function policiesIn(value: unknown): unknown[] {
  return [value].flat().map((each) => (typeof each === "object" && each !== null && "policy" in each ? each.policy : each));
}

/** A boundary is a limit, so another one can allow more. */
function changedBoundary({ change: { before, after, after_unknown } }: DangerousChange): Found[] {
  if (!before?.permissions_boundary || after === null) return [];
  if (isMarked(after_unknown.permissions_boundary)) return [{ kind: "permissions", text: "may get another permissions boundary" }];
  if (!after.permissions_boundary) return [{ kind: "permissions", text: "loses its permissions boundary" }];
  const isSame = after.permissions_boundary === before.permissions_boundary;
  return isSame ? [] : [{ kind: "permissions", text: "gets another permissions boundary" }];
}

const ATTACHMENT = /^aws_iam_(role_|user_|group_)?policy_attachment$/;

function attachedPolicies(resource: DangerousChange, plan: DangerousPlan): Found[] {
  const { type, change } = resource;
  if (!ATTACHMENT.test(type) || change.after === null || isOwnerNew(resource, plan)) return [];
  if (isUnchanged(change, ["policy_arn", "role", "roles", "user", "users", "group", "groups"])) return [];
  return [{ kind: "permissions", text: `attaches ${shown(change, "policy_arn")} to what exists already` }];
}

/** The older form of attachments: a list in the role. */
function listedPolicies({ change }: DangerousChange): Found[] {
  if (change.before === null || change.after === null) return [];
  const before = [change.before.managed_policy_arns ?? []].flat();
  const added = [change.after.managed_policy_arns ?? []].flat().filter((arn) => !before.includes(arn));
  return added.length === 0 ? [] : [{ kind: "permissions", text: "managed_policy_arns has more policies" }];
}

/** Who may invoke a function by a new permission. The services of AWS act for every account, unless the permission says for which. */
function openedFunction({ type, change }: DangerousChange, plan: DangerousPlan): Found[] {
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

function openedAddress({ type, change }: DangerousChange): Found[] {
  const what = ADDRESSES[type]?.(change);
  if (what === undefined || change.after === null || isUnchanged(change, ["authorization_type", "route_key"])) return [];
  const attribute = "authorization_type";
  if (isMarked(change.after_unknown[attribute])) return [{ kind: "public", text: `${what} may be open to anyone` }];
  return (change.after[attribute] ?? "NONE") === "NONE" ? [{ kind: "public", text: `${what} is open to anyone` }] : [];
}

const BLOCKS = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

function unblockedBucket(resource: DangerousChange, plan: DangerousPlan): Found[] {
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

function openedPorts({ type, change }: DangerousChange): Found[] {
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

/** Whether attributes keep their values. In a new resource, no attribute does. */
function isUnchanged({ before, after, after_unknown }: Change, attributes: string[]): boolean {
  return before !== null && attributes.every((name) => !isMarked(after_unknown[name]) && isDeepStrictEqual(before[name], after?.[name]));
}

/** The new value of an attribute, as everybody may read it. */
function shown(change: Change, attribute: string): string {
  if (isMarked(change.after_unknown[attribute])) return "something that is known only after the apply";
  return isSensitive(change, attribute) ? "something sensitive" : String(change.after?.[attribute]);
}

/** Whether a part of the attribute is sensitive, before or after the change. */
function isSensitive({ before_sensitive, after_sensitive }: Change, attribute: string): boolean {
  return [before_sensitive, after_sensitive].some((marks) => {
    // Without marks, nobody knows.
    if (typeof marks !== "object" || marks === null) return marks !== false;
    return isMarked((marks as Record<string, unknown>)[attribute]);
  });
}

/** Whether Terraform marks a value, or a part of it, with `true`. */
function isMarked(mark: unknown): boolean {
  return mark === true || (typeof mark === "object" && mark !== null && Object.values(mark).some(isMarked));
}
