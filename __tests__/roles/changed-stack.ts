import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "../../scripts/artifact/artifact";
import type { Json } from "../harness/synth";

/** A copy of a stack in a folder below `parent`, with changed Terraform JSON. */
function changed(stack: Stack, parent: string, change: (json: Json, folder: string) => void): Stack {
  const folder = join(parent, stack.stack);
  cpSync(stack.folder, folder, { recursive: true });
  const file = join(folder, "cdk.tf.json");
  const json: Json = JSON.parse(readFileSync(file, "utf8"));
  change(json, folder);
  writeFileSync(file, JSON.stringify(json));
  return { ...stack, folder };
}

/** The stack with another value in every type of resource that Terraform can update. */
export function withoutTag(stack: Stack, parent: string): Stack {
  return withChanges(stack, parent, { tag: false });
}

/** The stack with another value in every type of resource that Terraform can update, and with a further tag on everything. */
export function withChanges(stack: Stack, parent: string, { tag = true } = {}): Stack {
  return changed(stack, parent, (json, folder) => {
    for (const [type, byId] of Object.entries<Json>(json.resource)) {
      for (const attributes of Object.values<Json>(byId)) {
        CHANGES[type]?.(attributes, json, stack);
        if (tag && TAGGED.includes(type)) attributes.tags = { ...attributes.tags, proof: "changed" };
      }
    }
    for (const { filename } of Object.values<Json>(json.resource.aws_lambda_function ?? {})) addComment(join(folder, filename));
    for (const lambda of Object.values<Json>(json.resource.aws_lambda_function ?? {})) {
      lambda.source_code_hash = createHash("sha256")
        .update(readFileSync(join(folder, lambda.filename)))
        .digest("base64");
    }
  });
}

/** The stack without any resources: to deploy it is to destroy what it had. */
export function withoutResources(stack: Stack, parent: string): Stack {
  const empty = changed(stack, parent, (json) => {
    for (const part of ["resource", "data", "output"]) delete json[part];
  });
  // It reads nothing, so that it waits for nobody.
  return { ...empty, lambdas: [], reads: [], needs: [] };
}

/** Changes a zip, and not the files in it: the comment at its end, whose length is the last field of a zip without one. */
function addComment(zip: string): void {
  const comment = Buffer.from("changed");
  const bytes = readFileSync(zip);
  bytes.writeUInt16LE(comment.length, bytes.length - 2);
  writeFileSync(zip, Buffer.concat([bytes, comment]));
}

/**
 * The types of resource that have tags. Those of API Gateway are left out: no deploy role may change the tags of an API that exists
 * (docs/access.md).
 */
const TAGGED = [
  "aws_cloudwatch_event_bus",
  "aws_cloudwatch_event_rule",
  "aws_cloudwatch_log_group",
  "aws_cloudwatch_metric_alarm",
  "aws_default_security_group",
  "aws_dynamodb_table",
  "aws_flow_log",
  "aws_iam_policy",
  "aws_iam_role",
  "aws_internet_gateway",
  "aws_kinesis_stream",
  "aws_kms_key",
  "aws_lambda_event_source_mapping",
  "aws_lambda_function",
  "aws_route_table",
  "aws_s3_bucket",
  "aws_security_group",
  "aws_sns_topic",
  "aws_sqs_queue",
  "aws_ssm_parameter",
  "aws_subnet",
  "aws_vpc",
  "aws_vpc_endpoint",
];

const describe = (attributes: Json) => Object.assign(attributes, { description: "changed" });

/** A change of each type of resource that can be updated in place, and not by its tags only. */
const CHANGES: Record<string, (attributes: Json, json: Json, stack: Stack) => void> = {
  aws_apigatewayv2_api: describe,
  aws_apigatewayv2_authorizer: (authorizer) => authorizer.jwt_configuration.audience.push("changed"),
  aws_apigatewayv2_integration: describe,
  aws_apigatewayv2_route: (route) => Object.assign(route, { operation_name: "changed" }),
  aws_apigatewayv2_stage: (stage) => Object.assign(stage, { description: "changed" }),
  aws_cloudwatch_dashboard: (dashboard) => Object.assign(dashboard, { dashboard_body: JSON.stringify({ widgets: [] }) }),
  aws_cloudwatch_event_archive: (archive) => Object.assign(archive, { retention_days: 7 }),
  aws_cloudwatch_event_bus: describe,
  aws_cloudwatch_event_rule: describe,
  aws_cloudwatch_event_target: (target) =>
    Object.assign(target, { retry_policy: { maximum_retry_attempts: 3, maximum_event_age_in_seconds: 600 } }),
  aws_cloudwatch_log_group: (group) => Object.assign(group, { retention_in_days: 30 }),
  aws_cloudwatch_metric_alarm: (alarm) => Object.assign(alarm, { threshold: alarm.threshold + 1 }),
  aws_dynamodb_table: (table) => Object.assign(table, { point_in_time_recovery: { enabled: !table.point_in_time_recovery?.enabled } }),
  aws_iam_policy: (policy, json) => json.data.aws_iam_policy_document[documentOf(policy.policy)].statement[0].actions.pop(),
  aws_iam_role: (role, json) => {
    Object.assign(role, { description: "changed", max_session_duration: 7200 });
    changeDocument(json, role.assume_role_policy);
  },
  aws_kinesis_stream: (stream) => {
    Object.assign(stream, { retention_period: stream.retention_period + 24, encryption_type: "NONE" });
    delete stream.kms_key_id;
  },
  aws_kms_key: (key, json) => {
    Object.assign(key, { description: "changed", enable_key_rotation: !key.enable_key_rotation });
    changeDocument(json, key.policy);
  },
  aws_lambda_alias: describe,
  aws_lambda_event_source_mapping: (mapping) => Object.assign(mapping, { batch_size: 2 }),
  aws_lambda_function: (lambda) => Object.assign(lambda, { memory_size: 192 }),
  aws_lambda_function_event_invoke_config: (config) => Object.assign(config, { maximum_event_age_in_seconds: 600 }),
  aws_route: () => {},
  aws_s3_bucket_lifecycle_configuration: (lifecycle) =>
    Object.assign([lifecycle.rule].flat()[0], { abort_incomplete_multipart_upload: [{ days_after_initiation: 3 }] }),
  aws_s3_bucket_notification: (notification) => Object.assign([notification.lambda_function].flat()[0], { filter_prefix: "changed/" }),
  aws_s3_bucket_versioning: (versioning) => Object.assign(versioning.versioning_configuration, { status: "Suspended" }),
  aws_scheduler_schedule: describe,
  aws_security_group: (group) => Object.assign([group.egress].flat()[0] ?? {}, { description: "changed" }),
  aws_sns_topic_subscription: (subscription) => {
    if (subscription.filter_policy) subscription.filter_policy = JSON.stringify({ type: ["changed"] });
  },
  aws_sns_topic: (topic) => Object.assign(topic, { display_name: "changed" }),
  // Terraform waits for half a minute after each change of a queue. One is enough.
  aws_sqs_queue: (queue, _, { domain }) => domain === "orders" && Object.assign(queue, { receive_wait_time_seconds: 3 }),
  aws_ssm_parameter: describe,
  aws_vpc: (vpc) => Object.assign(vpc, { enable_dns_hostnames: false }),
};

/** Gives the first statement of a policy document an id. A policy in JSON stays as it is. */
function changeDocument(json: Json, reference: string): void {
  const document = json.data.aws_iam_policy_document[documentOf(reference)];
  if (document) document.statement[0].sid = "Changed";
}

/** The id of a policy document in a reference to it. */
function documentOf(reference: string): string {
  return /aws_iam_policy_document\.([\w-]+)\./.exec(reference)?.[1] ?? "";
}
