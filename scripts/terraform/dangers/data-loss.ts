import { shownValues } from "../plan";
import type { Danger } from "./danger";
import { type Change, type DangerousChange, type DangerousPlan, type Found, isDestroyed, isOwnerNew } from "./planned-change";

/** A resource that is only forgotten stays on AWS, but not in the stack. */
export function lossOfEverything(stackId: string, managed: DangerousChange[]): Danger[] {
  const { length } = managed.filter(isDestroyed);
  const stays = managed.some((change) => !isDestroyed(change) && !change.change.actions.includes("forget"));
  if (length === 0 || stays) return [];
  return [
    { name: stackId, kind: "everything", text: `destroys everything in the stack: ${length} ${length === 1 ? "resource" : "resources"}` },
  ];
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

export function lossOfData({ type, action_reason, change }: DangerousChange): Found[] {
  // Its creation did not finish, so that it holds nothing.
  if (action_reason === "replace_because_tainted") return [];
  if (!change.actions.includes("delete") || HOLDS_NOTHING.includes(type)) return [];
  const what = HOLDS_DATA[type] ?? `a resource of the type ${type} and whatever it holds`;
  if (!change.actions.includes("create")) return [{ kind: "data", text: `destroys ${what}` }];
  const causes = [...new Set((change.replace_paths ?? []).map(([name]) => describeValue(String(name), change)))].sort();
  const verb = causes.length > 1 ? "replace" : "replaces";
  return [{ kind: "data", text: `${causes.length > 0 ? `${causes.join(", ")} ` : ""}${verb} ${what}` }];
}

/** An attribute, and its values if they can be shown: `hash_key (orderId → id)`. */
function describeValue(name: string, change: Change): string {
  const values = change.before?.[name] !== undefined && change.after?.[name] !== undefined ? shownValues(change, [name])[name] : undefined;
  return values === undefined ? name : `${name} (${values})`;
}

/** How long something is kept, by the type of what keeps it. 0 means forever, where that is possible. */
const PERIODS: Record<string, string> = {
  aws_cloudwatch_event_archive: "retention_days",
  aws_cloudwatch_log_group: "retention_in_days",
  aws_kinesis_stream: "retention_period",
  aws_sqs_queue: "message_retention_seconds",
};

/** What is deleted by an update, because it is kept for less time than before. */
export function shorterRetention(resource: DangerousChange, plan: DangerousPlan): Found[] {
  const { type, change } = resource;
  if (type === "aws_s3_bucket_lifecycle_configuration") return newExpirations(resource, plan);
  if (type === "aws_dynamodb_table") return newTimeToLive(resource);
  const attribute = PERIODS[type];
  if (attribute === undefined || change.before === null || change.after === null) return [];
  const [before, after] = [change.before, change.after].map((values) => Number(values[attribute] ?? 0) || Number.POSITIVE_INFINITY);
  if (!(Number(after) < Number(before))) return [];
  return [{ kind: "data", text: `${describeValue(attribute, change)} deletes what is older` }];
}

interface TimeToLive {
  enabled?: boolean;
  attribute_name?: string;
}

function newTimeToLive({ change: { before, after } }: DangerousChange): Found[] {
  if (before === null || after === null) return [];
  const [old, current] = [before, after].map(({ ttl }) => [ttl ?? []].flat()[0] as TimeToLive | undefined);
  if (!current?.enabled || (old?.enabled && old.attribute_name === current.attribute_name)) return [];
  return [{ kind: "data", text: `ttl deletes items when the time in ${current.attribute_name} has passed` }];
}

interface LifecycleRule {
  id?: string;
  status?: string;
  expiration?: unknown[];
  noncurrent_version_expiration?: unknown[];
}

/** Rules of a bucket that exists, which delete objects that stayed before. */
function newExpirations(resource: DangerousChange, plan: DangerousPlan): Found[] {
  const { before, after } = resource.change;
  if (after === null || (before === null && isOwnerNew(resource, plan))) return [];
  const expiring = (values: typeof after | null) =>
    ([values?.rule ?? []].flat() as LifecycleRule[]).filter(
      ({ status, expiration = [], noncurrent_version_expiration: old = [] }) => status !== "Disabled" && expiration.length + old.length > 0,
    );
  const known = expiring(before).map((rule) => JSON.stringify(rule));
  const added = expiring(after).filter((rule) => !known.includes(JSON.stringify(rule)));
  return added.map(({ id = "a rule" }) => ({ kind: "data", text: `the lifecycle rule ${id} deletes objects` }));
}
