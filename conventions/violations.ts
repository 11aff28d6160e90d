import type { Json } from "../__tests__/harness/synth";
import type { StackDescription } from "../shared/stack-description";
import * as alarmRules from "./alarms";
import type { Rule } from "./convention";
import * as rules from "./convention";
import * as policyRules from "./policies";

/** The first resource of a type whose Terraform id fits. */
export function one(json: Json, type: string, id = /./): Json {
  const [, found] = Object.entries<Json>(json.resource[type]).find(([key]) => id.test(key)) ?? [];
  if (!found) throw new Error(`there is no ${type} ${id}`);
  return found;
}
const remove = (json: Json, type: string, id: RegExp): void => {
  for (const key of Object.keys(json.resource[type])) if (id.test(key)) delete json.resource[type][key];
};
/** A policy document that Terraform makes. */
export const document = (json: Json, id: RegExp): Json => one({ resource: json.data }, "aws_iam_policy_document", id);
/** Turns a queue's refusal into a permission. */
export const letIn = (queue: Json): void => {
  queue.policy = queue.policy.replace("Deny", "Allow");
};

const MAPPING = "aws_lambda_event_source_mapping";
const ALARM = "aws_cloudwatch_metric_alarm";
const API = "aws_apigatewayv2_api";
const LOG_GROUP = "aws_cloudwatch_log_group";
const FUNCTION = "aws_lambda_function";
const PERMISSION = "aws_lambda_permission";
const QUEUE = "aws_sqs_queue";
const ROUTE = "aws_apigatewayv2_route";
const TABLE = "aws_dynamodb_table";
const TOPIC = "aws_sns_topic";

export type Damage = (json: Json, description: StackDescription) => void;

/** Each rule, and what breaks it. */
export const CONVENTIONS: [string, Rule, [string, string, Damage][]][] = [
  [
    "every mapping of a queue or stream reports what failed of a batch",
    rules.partialFailures,
    [
      ["sample", "a queue's mapping that reports nothing", (json) => delete one(json, MAPPING, /things/).function_response_types],
      ["sample", "a stream's mapping that reports nothing", (json) => (one(json, MAPPING, /entries/).function_response_types = [])],
    ],
  ],
  [
    "whatever takes events in has a dead-letter queue",
    rules.deadLetterQueues,
    [
      ["sample", "a queue whose messages come again for ever", (json) => delete one(json, QUEUE, /things_queue/).redrive_policy],
      ["sample", "a rule that drops what it cannot deliver", (json) => delete one(json, "aws_cloudwatch_event_target").dead_letter_config],
      ["sample", "a topic that drops what it cannot deliver", (json) => delete one(json, "aws_sns_topic_subscription").redrive_policy],
      [
        "sample",
        "a schedule that drops what it cannot call",
        (json) => delete one(json, "aws_scheduler_schedule").target.dead_letter_config,
      ],
      ["sample", "a stream whose failures are noted nowhere", (json) => delete one(json, MAPPING, /entries/).destination_config],
    ],
  ],
  [
    "what is invoked asynchronously has a place for its failures",
    rules.failureDestinations,
    ["follow", "hear", "listen", "read", "tick"].map((lambda) => [
      "sample",
      `no place for what ${lambda} could not handle`,
      (json) => remove(json, "aws_lambda_function_event_invoke_config", new RegExp(lambda)),
    ]),
  ],
  [
    "every bucket is closed to the public, keeps old versions, and stays where the environment protects data",
    rules.buckets,
    [
      ["sample", "a bucket without an access block", (json) => delete json.resource.aws_s3_bucket_public_access_block],
      ["sample", "a bucket that may be opened", (json) => (one(json, "aws_s3_bucket_public_access_block").block_public_policy = false)],
      ["sample", "a bucket without versions", (json) => delete json.resource.aws_s3_bucket_versioning],
      ["sample", "a bucket that Terraform lets go", (json) => delete one(json, "aws_s3_bucket").lifecycle],
      ["sample", "a bucket that goes with all that is in it", (json) => (one(json, "aws_s3_bucket").force_destroy = true)],
    ],
  ],
  [
    "every dead-letter queue has an alarm that tells somebody",
    alarmRules.deadLetterAlarms,
    [
      ["sample", "no alarm", (json) => remove(json, ALARM, /things/)],
      ["sample", "an alarm that tells nobody", (json) => (one(json, ALARM, /dlq/).alarm_actions = [])],
      ["sample", "an alarm on another queue", (json) => (one(json, ALARM, /dlq/).dimensions.QueueName = "another")],
      ["sample", "no alarm on the queue of a stream", (json) => remove(json, ALARM, /entries/)],
      ["sample", "no alarm on the queue of what a lambda could not handle", (json) => remove(json, ALARM, /hear/)],
    ],
  ],
  [
    "every lambda has an alarm on its errors and one on its throttles that tell somebody",
    alarmRules.lambdaAlarms,
    [
      ["sample", "no alarm on a lambda's errors", (json) => remove(json, ALARM, /work_errors/)],
      ["sample", "no alarm on a lambda's throttles", (json) => remove(json, ALARM, /work_throttles/)],
      ["sample", "an alarm on errors that tells nobody", (json) => (one(json, ALARM, /work_errors/).alarm_actions = [])],
      ["sample", "an alarm on another lambda's", (json) => (one(json, ALARM, /work_throttles/).dimensions.FunctionName = "another")],
    ],
  ],
  [
    "every queue has an alarm on the age of its oldest message, and every reader of a stream on that of its records",
    alarmRules.ageAlarms,
    [
      ["sample", "a queue in which messages may wait unseen", (json) => remove(json, ALARM, /things_work-late/)],
      ["sample", "an alarm on the dead-letter queue's", (json) => (one(json, ALARM, /things_work-late/).dimensions.QueueName = "another")],
      ["sample", "an alarm on a queue's that tells nobody", (json) => (one(json, ALARM, /things_work-late/).alarm_actions = [])],
      ["sample", "a table's stream that may be behind unseen", (json) => remove(json, ALARM, /entries_note-late/)],
      ["sample", "a Kinesis stream that may be behind unseen", (json) => remove(json, ALARM, /happenings_count-late/)],
    ],
  ],
  [
    "every alarm tells somebody when it begins and ends, what has happened and what to do, and is quiet while nothing happens",
    alarmRules.alarmsThatHelp,
    [
      ["sample", "an alarm that tells nobody", (json) => delete one(json, ALARM).alarm_actions],
      ["sample", "an alarm that never ends", (json) => delete one(json, ALARM).ok_actions],
      ["sample", "an alarm without a word", (json) => delete one(json, ALARM).alarm_description],
      [
        "sample",
        "an alarm that tells only what has happened",
        (json) => (one(json, ALARM).alarm_description = "The lambda work keeps failing."),
      ],
      [
        "sample",
        "an alarm that tells more than CloudWatch takes",
        (json) => (one(json, ALARM).alarm_description += " And so on.".repeat(90)),
      ],
      ["sample", "an alarm that rings for silence", (json) => (one(json, ALARM).treat_missing_data = "breaching")],
    ],
  ],
  [
    "every dead-letter queue keeps messages longer than its queue",
    rules.deadLetterRetention,
    [
      [
        "sample",
        "a dead-letter queue that keeps as long as its queue",
        (json) => (one(json, QUEUE, /things_dlq/).message_retention_seconds = 345_600),
      ],
    ],
  ],
  [
    "every FIFO queue has a FIFO dead-letter queue, and no standard queue an option of FIFO",
    rules.fifoQueues,
    [
      ["sample", "a standard dead-letter queue of a FIFO queue", (json) => delete one(json, QUEUE, /line_dlq/).fifo_queue],
      ["sample", "a FIFO dead-letter queue of a standard queue", (json) => (one(json, QUEUE, /things_dlq/).fifo_queue = true)],
      ["sample", "a FIFO queue whose name does not say so", (json) => (one(json, QUEUE, /line_queue/).name = "shop-sample-live-line")],
      ["sample", "an option of FIFO", (json) => (one(json, QUEUE, /things_queue/).content_based_deduplication = true)],
    ],
  ],
  [
    "a lambda gets at most ten messages of a FIFO queue, for which nothing is gathered",
    rules.fifoMappings,
    [
      ["sample", "a large batch", (json) => (one(json, MAPPING, /line/).batch_size = 11)],
      ["sample", "a window", (json) => (one(json, MAPPING, /line/).maximum_batching_window_in_seconds = 5)],
    ],
  ],
  [
    "every queue, stream, bucket and topic is encrypted",
    rules.encryption,
    [
      ["sample", "a plain queue", (json) => (one(json, QUEUE).sqs_managed_sse_enabled = false)],
      ["sample", "a plain bucket", (json) => delete json.resource.aws_s3_bucket_server_side_encryption_configuration],
      ["sample", "a plain stream", (json) => delete one(json, "aws_kinesis_stream").encryption_type],
      ["shared", "a plain topic", (json) => delete one(json, TOPIC).kms_master_key_id],
      ["shared", "a topic with a key that CloudWatch may not use", (json) => (one(json, TOPIC).kms_master_key_id = "alias/aws/sns")],
    ],
  ],
  [
    "every queue, topic and bucket takes TLS only",
    policyRules.tlsOnly,
    [
      ["sample", "a queue without a policy", (json) => delete one(json, QUEUE).policy],
      ["sample", "a queue whose policy allows", (json) => letIn(one(json, QUEUE))],
      ["shared", "a topic whose policy refuses nothing", (json) => document(json, /topic-policy/).statement.pop()],
      ["sample", "a bucket without a policy", (json) => delete json.resource.aws_s3_bucket_policy],
      ["shared", "a topic without a policy", (json) => delete json.resource.aws_sns_topic_policy],
    ],
  ],
  [
    "every log group is kept as long as its environment says",
    rules.logRetention,
    [
      ["shared", "logs that are kept for ever", (json) => delete one(json, LOG_GROUP).retention_in_days],
      ["sample", "logs of another retention", (json) => (one(json, LOG_GROUP).retention_in_days = 14)],
      ["sample", "a lambda that makes its own log group", (json) => delete one(json, FUNCTION).logging_config],
    ],
  ],
  [
    "every lambda's role is under the permissions boundary",
    rules.boundaries,
    [
      ["sample", "a lambda's role without a boundary", (json) => delete one(json, "aws_iam_role", /work/).permissions_boundary],
      ["sample", "a boundary of its own", (json) => (one(json, "aws_iam_role", /work/).permissions_boundary = "arn:aws:iam::aws:policy/A")],
      ["sample", "a role that is made elsewhere", (json) => (one(json, FUNCTION).role = "arn:aws:iam::222222222222:role/admin")],
    ],
  ],
  [
    "what invokes a lambda invokes its alias",
    rules.aliases,
    [
      [
        "sample",
        "a mapping of the function",
        (json) => (one(json, MAPPING).function_name = "arn:aws:lambda:eu-west-1:222222222222:function:work"),
      ],
      [
        "sample",
        "something that no rule knows, which invokes the function",
        (json) => (json.resource.aws_cloudwatch_log_subscription_filter = { one: { destination_arn: `\${aws_lambda_function.work.arn}` } }),
      ],
      ["sample", "a permission without the alias", (json) => delete one(json, PERMISSION).qualifier],
      ["sample", "a rule that invokes the function", (json) => (one(json, "aws_cloudwatch_event_target").arn = "arn:function")],
      ["sample", "a topic that invokes the function", (json) => (one(json, "aws_sns_topic_subscription").endpoint = "arn:function")],
      ["sample", "a schedule that invokes the function", (json) => (one(json, "aws_scheduler_schedule").target.arn = "arn:function")],
      [
        "sample",
        "a bucket that invokes the function",
        (json) => (one(json, "aws_s3_bucket_notification").lambda_function[0].lambda_function_arn = "arn:function"),
      ],
    ],
  ],
  [
    "every lambda's code is in its stack, and its hash is that of the zip",
    rules.codeHashes,
    [
      ["sample", "a hash of other code", (json) => (one(json, FUNCTION).source_code_hash = "AAAA")],
      ["sample", "a zip that is not there", (json) => (one(json, FUNCTION).filename = "lambdas/gone.zip")],
    ],
  ],
  [
    "every HTTP route says who may call it",
    rules.routeAuthorization,
    [
      ["sample", "a route that says nothing", (json) => delete one(json, ROUTE).authorization_type],
      ["sample", "a token without its issuer", (json) => (one(json, ROUTE).authorization_type = "JWT")],
    ],
  ],
  [
    "no page that is not named may use a signed-in person's credentials",
    rules.namedOrigins,
    [
      ["sample", "every origin, with credentials", (json) => (one(json, API).cors_configuration.allow_origins = ["*"])],
      ["sample", "every origin with TLS, with credentials", (json) => one(json, API).cors_configuration.allow_origins.push("https://*")],
      ["sample", "every header, with credentials", (json) => (one(json, API).cors_configuration.allow_headers = ["*"])],
    ],
  ],
  [
    "an API with a domain name answers by TLS 1.2, and by no other name",
    rules.ownDomains,
    [
      ["sample", "the name that AWS gives", (json) => delete one(json, API).disable_execute_api_endpoint],
      ["sample", "an old TLS", (json) => (one(json, "aws_apigatewayv2_domain_name").domain_name_configuration.security_policy = "TLS_1_0")],
    ],
  ],
  [
    "a trigger's table can be restored, and stays where the environment protects data",
    rules.protectedData,
    [
      ["sample", "a table that cannot be restored", (json) => delete one(json, TABLE).point_in_time_recovery],
      ["sample", "a table that AWS lets go", (json) => (one(json, TABLE).deletion_protection_enabled = false)],
      ["sample", "a table without a stream that AWS lets go", (json) => (one(json, TABLE, /totals/).deletion_protection_enabled = false)],
      [
        "sample",
        "a table with a stream that forgets and that AWS lets go",
        (json) => Object.assign(one(json, TABLE, /entries/), { ttl: { enabled: true }, deletion_protection_enabled: false }),
      ],
      ["sample", "a table that Terraform lets go", (json) => delete one(json, TABLE).lifecycle],
    ],
  ],
  [
    "domain.json tells of what is there, and of all lambdas",
    rules.descriptions,
    [
      ["sample", "triggers without their outputs", (json) => delete json.output],
      ["sample", "a lambda that is not told", (_, description) => description.lambdas.pop()],
      [
        "sample",
        "a dead-letter queue that is not there",
        (_, description) => Object.assign(description.triggers[0] ?? {}, { deadLetterQueues: [{ name: "another" }] }),
      ],
      [
        "sample",
        "a source of a dead-letter queue that is not there",
        (_, description) => Object.assign(description.triggers[0]?.deadLetterQueues[0] ?? {}, { source: "another" }),
      ],
      ["sample", "a lambda that is not there", (_, description) => description.triggers[0]?.lambdas.push("another")],
    ],
  ],
];
