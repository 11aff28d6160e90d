import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../__tests__/harness/synth";
import type { Environment } from "../shared/stack/config";
import type { StackDescription } from "../shared/stack-description";

/** A stack of the artifact, as a rule sees it. */
export interface SynthesizedStack {
  folder: string;
  json: Json;
  description: StackDescription;
  environment: Environment;
}

/** Says what in a stack breaks the rule, one text each. */
export type Rule = (stack: SynthesizedStack) => string[];

/** All resources of a type, with their Terraform ids. */
export function each(json: Json, type: string): [string, Json][] {
  return Object.entries<Json>(json.resource?.[type] ?? {});
}

/** Ids of the resources that break a condition. */
export const breaking = (json: Json, type: string, holds: (resource: Json, id: string) => unknown): string[] =>
  each(json, type).flatMap(([id, resource]) => (holds(resource, id) ? [] : [`${type}.${id}`]));

/** Whether an attribute refers to that resource, whatever of it. */
const refersTo = (value: unknown, type: string, id: string) => JSON.stringify(value ?? "").includes(`\${${type}.${id}.`);

export const partialFailures: Rule = ({ json }) =>
  breaking(json, "aws_lambda_event_source_mapping", ({ function_response_types }) =>
    function_response_types?.includes("ReportBatchItemFailures"),
  );

/** Who pushes, and where it says what becomes of that which it cannot deliver. */
const UNDELIVERED: [string, (resource: Json) => Json][] = [
  ["aws_cloudwatch_event_target", ({ dead_letter_config }) => dead_letter_config?.arn],
  ["aws_sns_topic_subscription", ({ redrive_policy, protocol }) => (protocol === "email" ? "a person" : redrive_policy)],
  ["aws_scheduler_schedule", ({ target }) => target.dead_letter_config?.arn],
];

/** These wait for the answer. What anyone else invokes may fail unseen, and be lost. */
const SYNCHRONOUS = ["apigateway.amazonaws.com"];

export const failureDestinations: Rule = ({ json }) => {
  const kept = each(json, "aws_lambda_function_event_invoke_config").flatMap(([, { function_name, qualifier, destination_config }]) =>
    destination_config?.on_failure && qualifier ? [function_name.replace("function_name", "arn")] : [],
  );
  const pushed = [
    ...each(json, "aws_lambda_permission").filter(([, { principal }]) => !SYNCHRONOUS.includes(principal)),
    ...each(json, "aws_scheduler_schedule").map(([id, { target }]): [string, Json] => [id, aliasOf(json, target.arn)]),
  ];
  return pushed
    .filter(([, { function_name }]) => !kept.includes(function_name.replace("function_name", "arn")))
    .map(([id]) => `${id} invokes a lambda whose failures are lost`);
};

/** The alias that an attribute refers to. */
export const aliasOf = (json: Json, reference: string): Json =>
  each(json, "aws_lambda_alias").find(([id]) => refersTo(reference, "aws_lambda_alias", id))?.[1] ?? { function_name: "" };

/** Where failed events end: queues that a redrive policy, a mapping or an asynchronous invocation names. */
export const isDeadLetterQueue = (json: Json, id: string) =>
  each(json, "aws_sqs_queue").some(([, { redrive_policy }]) => refersTo(redrive_policy, "aws_sqs_queue", id)) ||
  ["aws_lambda_event_source_mapping", "aws_lambda_function_event_invoke_config"].some((type) =>
    each(json, type).some(([, { destination_config }]) => refersTo(destination_config, "aws_sqs_queue", id)),
  ) ||
  UNDELIVERED.some(([type, queueOf]) => each(json, type).some(([, resource]) => refersTo(queueOf(resource), "aws_sqs_queue", id)));

export const deadLetterQueues: Rule = ({ json }) => [
  ...breaking(json, "aws_sqs_queue", ({ redrive_policy }, id) => redrive_policy || isDeadLetterQueue(json, id)),
  ...UNDELIVERED.flatMap(([type, queueOf]) => breaking(json, type, queueOf)),
  ...breaking(
    json,
    "aws_lambda_event_source_mapping",
    // A queue has its own; of a stream, the mapping tells where what failed is noted.
    ({ event_source_arn, destination_config }) => /\$\{aws_sqs_queue\./.test(event_source_arn) || destination_config?.on_failure,
  ),
];

/** Whether a queue is FIFO, its name says so and the dead-letter queue is of its kind. */
export const fifoQueues: Rule = ({ json }) =>
  breaking(json, "aws_sqs_queue", ({ name, fifo_queue, redrive_policy, ...rest }) => {
    const [, deadLetterQueue] = each(json, "aws_sqs_queue").find(([id]) => refersTo(redrive_policy, "aws_sqs_queue", id)) ?? [];
    const isFifo = fifo_queue === true;
    const alike = !deadLetterQueue || (deadLetterQueue.fifo_queue === true) === isFifo;
    const ownOptions = rest.content_based_deduplication ?? rest.deduplication_scope ?? rest.fifo_throughput_limit;
    return name.endsWith(".fifo") === isFifo && alike && (isFifo || ownOptions == null);
  });

/** Lambda takes no more of a FIFO queue at once, and gathers nothing. */
export const fifoMappings: Rule = ({ json }) =>
  breaking(json, "aws_lambda_event_source_mapping", ({ event_source_arn, batch_size, maximum_batching_window_in_seconds }) => {
    const queue = each(json, "aws_sqs_queue").find(([id]) => refersTo(event_source_arn, "aws_sqs_queue", id))?.[1];
    return queue?.fifo_queue !== true || (batch_size <= 10 && !maximum_batching_window_in_seconds);
  });

/** SQS's own default is 4 days. */
const keeps = (seconds = 345_600) => seconds;

export const deadLetterRetention: Rule = ({ json }) => {
  return breaking(json, "aws_sqs_queue", ({ redrive_policy, message_retention_seconds }) => {
    const [, deadLetterQueue] = each(json, "aws_sqs_queue").find(([id]) => refersTo(redrive_policy, "aws_sqs_queue", id)) ?? [];
    return !deadLetterQueue || keeps(deadLetterQueue.message_retention_seconds) > keeps(message_retention_seconds);
  });
};

/** Tables, log groups and buses are encrypted always. */
export const encryption: Rule = ({ json, description }) => [
  ...breaking(
    json,
    "aws_sqs_queue",
    ({ sqs_managed_sse_enabled, kms_master_key_id }) => sqs_managed_sse_enabled === true || kms_master_key_id,
  ),
  ...breaking(json, "aws_kinesis_stream", ({ encryption_type, kms_key_id }) => encryption_type === "KMS" && kms_key_id),
  ...breaking(json, "aws_s3_bucket", (_, id) => ofBucket(json, "aws_s3_bucket_server_side_encryption_configuration", id)),
  // CloudWatch, which rings in the foundation's topic, may not use the key that AWS manages.
  ...breaking(json, "aws_sns_topic", ({ kms_master_key_id: key }) => key && (key !== "alias/aws/sns" || description.domain !== "shared")),
];

const ofBucket = (json: Json, type: string, bucket: string): Json =>
  each(json, type).find(([, each]) => refersTo(each.bucket, "aws_s3_bucket", bucket))?.[1];

const PUBLIC_ACCESS = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

export const buckets: Rule = ({ json, environment }) =>
  breaking(json, "aws_s3_bucket", ({ lifecycle, force_destroy }, id) => {
    const access = ofBucket(json, "aws_s3_bucket_public_access_block", id);
    const stays = lifecycle?.prevent_destroy === true && force_destroy !== true;
    const versioning = ofBucket(json, "aws_s3_bucket_versioning", id)?.versioning_configuration.status === "Enabled";
    return PUBLIC_ACCESS.every((one) => access?.[one] === true) && versioning && (stays || !environment.protectData);
  });

export const logRetention: Rule = ({ json, environment }) => [
  ...breaking(json, "aws_cloudwatch_log_group", ({ retention_in_days }) => retention_in_days === environment.logRetentionDays),
  // Lambda makes one itself where it is told of none, and keeps it for ever.
  ...breaking(json, "aws_lambda_function", ({ logging_config }) => /^\$\{aws_cloudwatch_log_group\./.test(logging_config?.log_group)),
];

export const boundaries: Rule = ({ json }) =>
  breaking(json, "aws_lambda_function", ({ role }) => {
    const [, own] = each(json, "aws_iam_role").find(([id]) => refersTo(role, "aws_iam_role", id)) ?? [];
    return /^\$\{data\.aws_ssm_parameter\.[\w-]+-lambdaBoundaryArn/.test(own?.permissions_boundary);
  });

const isAlias = (reference: string) => /^\$\{aws_lambda_alias\./.test(reference);

/** What may speak of a function itself, and invokes nothing. */
const ABOUT_FUNCTIONS = `aws_lambda_alias aws_lambda_permission aws_lambda_function_event_invoke_config
  aws_lambda_provisioned_concurrency_config aws_lambda_runtime_management_config aws_ssm_parameter
  aws_cloudwatch_metric_alarm aws_cloudwatch_dashboard`.split(/\s+/);

export const aliases: Rule = ({ json }) => [
  ...Object.keys(json.resource ?? {}).flatMap((type) =>
    breaking(json, type, (resource) => ABOUT_FUNCTIONS.includes(type) || !JSON.stringify(resource).includes("${aws_lambda_function.")),
  ),
  ...breaking(json, "aws_lambda_event_source_mapping", ({ function_name }) => /^\$\{aws_lambda_alias\./.test(function_name)),
  ...breaking(json, "aws_lambda_permission", ({ qualifier }) => /^\$\{aws_lambda_alias\./.test(qualifier)),
  ...breaking(json, "aws_apigatewayv2_integration", ({ integration_uri }) => isAlias(integration_uri)),
  ...breaking(json, "aws_cloudwatch_event_target", ({ arn }) => isAlias(arn)),
  ...breaking(json, "aws_scheduler_schedule", ({ target }) => isAlias(target.arn)),
  ...breaking(json, "aws_sns_topic_subscription", ({ protocol, endpoint }) => protocol !== "lambda" || isAlias(endpoint)),
  ...breaking(json, "aws_s3_bucket_notification", ({ lambda_function }) =>
    lambda_function.every((each: Json) => isAlias(each.lambda_function_arn)),
  ),
];

export const codeHashes: Rule = ({ json, folder }) =>
  breaking(json, "aws_lambda_function", ({ filename, source_code_hash }) => {
    const zip = join(folder, filename);
    return existsSync(zip) && createHash("sha256").update(readFileSync(zip)).digest("base64") === source_code_hash;
  });

export const routeAuthorization: Rule = ({ json }) =>
  breaking(json, "aws_apigatewayv2_route", ({ authorization_type, authorizer_id }) =>
    authorization_type === "JWT" ? authorizer_id : ["NONE", "AWS_IAM"].includes(authorization_type),
  );

export const namedOrigins: Rule = ({ json }) =>
  breaking(json, "aws_apigatewayv2_api", ({ cors_configuration: cors }) => {
    const open = [...(cors?.allow_origins ?? []), ...(cors?.allow_headers ?? [])].some((one) => one.includes("*"));
    return !cors?.allow_credentials || !open;
  });

export const ownDomains: Rule = ({ json }) => [
  ...breaking(
    json,
    "aws_apigatewayv2_domain_name",
    ({ domain_name_configuration }) => domain_name_configuration.security_policy === "TLS_1_2",
  ),
  ...breaking(json, "aws_apigatewayv2_api", ({ disable_execute_api_endpoint }, id) => {
    const mapped = each(json, "aws_apigatewayv2_api_mapping").some(([, { api_id }]) => refersTo(api_id, "aws_apigatewayv2_api", id));
    return !mapped || disable_execute_api_endpoint === true;
  }),
];

export const protectedData: Rule = ({ json, environment }) =>
  breaking(json, "aws_dynamodb_table", ({ ttl, stream_enabled, point_in_time_recovery, deletion_protection_enabled, lifecycle }) => {
    // What is forgotten by itself is nobody's data.
    if (ttl?.enabled && !stream_enabled) return true;
    const stays = deletion_protection_enabled === true && lifecycle?.prevent_destroy === true;
    return point_in_time_recovery?.enabled === true && (stays || !environment.protectData);
  });

export const descriptions: Rule = ({ json, folder, description: { triggers, lambdas } }) => {
  const names = (type: string, attribute: string) => each(json, type).map(([, resource]) => resource[attribute]);
  const [queues, functions, logGroups] = [
    names("aws_sqs_queue", "name"),
    names("aws_lambda_function", "function_name"),
    names("aws_cloudwatch_log_group", "name"),
  ];
  return [
    ...triggers.filter(({ output }) => !json.output?.[output]).map(({ id }) => `${id} has no output`),
    ...triggers
      .filter(
        ({ deadLetterQueues }) => !deadLetterQueues.every(({ name, source = name }) => queues.includes(name) && queues.includes(source)),
      )
      .map(({ id }) => `${id} has no dead-letter queue`),
    ...triggers.flatMap(({ id, lambdas: invoked }) =>
      invoked.filter((name) => !lambdas.some((lambda) => lambda.name === name)).map((name) => `${id} invokes no ${name}`),
    ),
    ...lambdas.filter(({ functionName }) => !functions.includes(functionName)).map(({ name }) => `${name} has no function`),
    ...functions.filter((name) => !lambdas.some(({ functionName }) => functionName === name)).map((name) => `${name} is not described`),
    ...lambdas.filter(({ logGroup }) => !logGroups.includes(logGroup)).map(({ name }) => `${name} has no log group`),
    ...lambdas.filter(({ zip, source }) => !existsSync(join(folder, zip)) || !existsSync(source)).map(({ name }) => `${name} has no code`),
  ];
};
