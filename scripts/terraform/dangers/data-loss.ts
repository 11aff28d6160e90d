import type { Danger } from "./danger";
import { type Change, type DangerousChange, type Found, isDestroyed, isSensitive } from "./planned-change";

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
