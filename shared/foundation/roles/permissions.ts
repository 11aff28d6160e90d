import { domainBoundaryName, FOUNDATION, rolePath } from "../../naming";
import { named, of, own, type Table, type Target, type TypePermissions } from "./target";

/**
 * The types of resource that a domain can have, by Terraform's name. Add a row for a type that your domains use besides; a type without
 * a row stops the synth. The apply role of a domain has all rows, so that a domain can take up a new kind of trigger by itself.
 */
export const DOMAIN_TYPES: Table = {
  aws_apigatewayv2_api: (target) => httpApi(target),
  aws_apigatewayv2_stage: (target) => ({
    ...httpApi(target),
    write: [...(httpApi(target).write ?? []), { actions: LOG_DELIVERY, resources: ["*"] }],
  }),
  aws_apigatewayv2_route: (target) => httpApi(target),
  aws_apigatewayv2_integration: (target) => httpApi(target),
  aws_apigatewayv2_authorizer: (target) => httpApi(target),
  aws_apigatewayv2_api_mapping: (target) => httpApi(target),
  aws_apigatewayv2_domain_name: (target) => httpApi(target),

  aws_cloudwatch_dashboard: (target) => {
    // Dashboards are global: their ARNs have no region.
    const arn = target.arn("cloudwatch", `dashboard/${target.own}`).replace(/:cloudwatch:[^:]*:/, ":cloudwatch::");
    return {
      read: [{ actions: ["cloudwatch:GetDashboard"], resources: [arn] }],
      write: [{ actions: of("cloudwatch", ["DeleteDashboards", "PutDashboard"]), resources: [arn] }],
    };
  },
  aws_cloudwatch_metric_alarm: (target) => ({
    read: [
      named(target, "cloudwatch", ["ListTagsForResource"]),
      // Not every form of the request names an alarm.
      { actions: ["cloudwatch:DescribeAlarms"], resources: ["*"] },
    ],
    write: [named(target, "cloudwatch", ["DeleteAlarms", "PutMetricAlarm", "TagResource", "UntagResource"])],
  }),
  aws_cloudwatch_log_group: (target) => ({
    read: [
      named(target, "logs", ["ListTagsForResource"]),
      // Terraform finds a log group by listing those with its name as a prefix.
      { actions: ["logs:DescribeLogGroups"], resources: ["*"] },
    ],
    write: [named(target, "logs", ["CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "TagResource", "UntagResource"])],
  }),

  aws_cloudwatch_event_archive: (target) => ({
    read: [named(target, "events", ["DescribeArchive"])],
    write: [
      named(target, "events", ["CreateArchive", "DeleteArchive", "UpdateArchive"]),
      // An archive is also a permission on the bus that it copies.
      own(target, "events", ["CreateArchive"], `event-bus/${target.ownOf(FOUNDATION)}`),
    ],
  }),
  aws_cloudwatch_event_bus: (target) => eventBus(target),
  aws_cloudwatch_event_rule: (target) => eventRule(target),
  aws_cloudwatch_event_target: (target) => eventRule(target),

  aws_dynamodb_table: (target) => ({
    read: [named(target, "dynamodb", ["DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"])],
    write: [
      named(target, "dynamodb", [
        "CreateTable",
        "DeleteTable",
        "TagResource",
        "UntagResource",
        "UpdateContinuousBackups",
        "UpdateTable",
        "UpdateTimeToLive",
      ]),
    ],
  }),

  aws_iam_role: (target) => iamRole(target, domainBoundaryName(target.identity), ["lambda.amazonaws.com", "scheduler.amazonaws.com"]),
  aws_iam_role_policy: (target) =>
    iamRole(target, domainBoundaryName(target.identity), ["lambda.amazonaws.com", "scheduler.amazonaws.com"]),

  aws_kinesis_stream: (target) => ({
    read: [
      named(target, "kinesis", ["DescribeStreamSummary", "ListTagsForResource", "ListTagsForStream"]),
      { actions: ["kinesis:DescribeLimits"], resources: ["*"] },
    ],
    write: [
      named(target, "kinesis", [
        "AddTagsToStream",
        "CreateStream",
        "DecreaseStreamRetentionPeriod",
        "DeleteStream",
        "IncreaseStreamRetentionPeriod",
        "RemoveTagsFromStream",
        "StartStreamEncryption",
        "StopStreamEncryption",
        "TagResource",
        "UntagResource",
        "UpdateShardCount",
      ]),
      // It has no resource types.
      { actions: ["kinesis:UpdateStreamMode"], resources: ["*"] },
    ],
  }),
  aws_kinesis_stream_consumer: (target) => ({
    read: [named(target, "kinesis", ["DescribeStreamConsumer", "ListTagsForResource"])],
    write: [named(target, "kinesis", ["DeregisterStreamConsumer", "RegisterStreamConsumer"])],
  }),

  aws_lambda_alias: (target) => ({
    read: [named(target, "lambda", ["GetAlias"])],
    write: [named(target, "lambda", ["CreateAlias", "DeleteAlias", "UpdateAlias"])],
  }),
  aws_lambda_event_source_mapping: (target) => eventSourceMapping(target),
  aws_lambda_function: (target) => ({
    read: [
      named(target, "lambda", [
        "GetFunction",
        "GetFunctionCodeSigningConfig",
        "GetFunctionConfiguration",
        "ListTags",
        "ListVersionsByFunction",
      ]),
    ],
    write: [
      named(target, "lambda", [
        "CreateFunction",
        "DeleteFunction",
        "PublishVersion",
        "TagResource",
        "UntagResource",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
      ]),
      { actions: VPC_LAMBDA, resources: ["*"] },
    ],
  }),
  aws_lambda_function_event_invoke_config: (target) => ({
    read: [named(target, "lambda", ["GetFunctionEventInvokeConfig"])],
    write: [named(target, "lambda", ["DeleteFunctionEventInvokeConfig", "PutFunctionEventInvokeConfig"])],
  }),
  aws_lambda_permission: (target) => ({
    read: [named(target, "lambda", ["GetPolicy"])],
    write: [named(target, "lambda", ["AddPermission", "RemovePermission"])],
  }),

  aws_s3_bucket: (target) => bucket(target),
  aws_s3_bucket_lifecycle_configuration: (target) => bucket(target),
  aws_s3_bucket_notification: (target) => bucket(target),
  aws_s3_bucket_ownership_controls: (target) => bucket(target),
  aws_s3_bucket_policy: (target) => bucket(target),
  aws_s3_bucket_public_access_block: (target) => bucket(target),
  aws_s3_bucket_server_side_encryption_configuration: (target) => bucket(target),
  aws_s3_bucket_versioning: (target) => bucket(target),

  aws_scheduler_schedule: (target) => ({
    read: [named(target, "scheduler", ["GetSchedule"])],
    write: [named(target, "scheduler", ["CreateSchedule", "DeleteSchedule", "UpdateSchedule"])],
  }),

  aws_sns_topic: (target) => topic(target),
  aws_sns_topic_policy: (target) => topic(target),
  aws_sns_topic_subscription: (target) => topic(target),

  aws_sqs_queue: (target) => ({
    read: [named(target, "sqs", ["GetQueueAttributes", "ListQueueTags"])],
    write: [named(target, "sqs", ["CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue"])],
  }),

  aws_ssm_parameter: (target) => contractParameters(target),
};

/**
 * The data sources that a stack can have. Every domain may read all contracts. Policy documents are rendered by Terraform alone, and
 * zones are read by the foundation only, with the permissions of its network.
 */
export const DATA_SOURCES = new Set(["aws_availability_zones", "aws_iam_policy_document", "aws_ssm_parameter"]);

/**
 * What API Gateway does in the name of the caller when a stage gets an access log. No call of Terraform shows it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
 */
export const LOG_DELIVERY = of("logs", [
  "CreateLogDelivery",
  "DeleteLogDelivery",
  "DescribeResourcePolicies",
  "GetLogDelivery",
  "ListLogDeliveries",
  "PutResourcePolicy",
  "UpdateLogDelivery",
]);

/**
 * What Lambda does in the name of the caller when a function gets a VPC. No call of Terraform shows it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const VPC_LAMBDA = of("ec2", ["DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"]);

/** HTTP methods are the actions of API Gateway. */
const API_WRITES = of("apigateway", ["DELETE", "PATCH", "POST"]);

/**
 * HTTP APIs and their custom domain names. An API has an id that AWS makes, so that only its tags say whose it is. AWS documents tags of
 * APIs, stages and domain names, and not whether routes, integrations and authorizers inherit those of the API. Therefore these three are
 * allowed with the tags of the domain, and also without any.
 */
function httpApi(target: Target): TypePermissions {
  const untagged = { Null: { "aws:ResourceTag/domain": "true" } };
  const existing = ["/apis/*", "/domainnames/*"].map((path) => target.apiArn(path));
  const parts = ["authorizers", "integrations", "routes"].map((part) => target.apiArn(`/apis/*/${part}*`));
  const created = ["/apis", "/apis/*/stages", "/domainnames"].map((path) => target.apiArn(path));
  // Where something is created, the resource of its tags ends with a literal "*" in place of the id, and matches nothing that exists. The
  // tags of what exists cannot be changed: AWS has no condition for whose they are.
  const newTags = ["/v2/apis/", "/v2/domainnames/"].map((path) => target.apiArn(`/tags/${encodeURIComponent(target.apiArn(path))}\${*}`));
  return {
    read: [{ actions: ["apigateway:GET"], resources: existing, condition: target.notOfOthers }],
    write: [
      { actions: of("apigateway", ["POST", "TagResource"]), resources: created, condition: target.taggedByRequest },
      { actions: ["apigateway:POST"], resources: newTags },
      { actions: API_WRITES, resources: existing, condition: target.tagged("aws:ResourceTag") },
      { actions: API_WRITES, resources: parts, condition: untagged },
    ],
  };
}

export function eventBus(target: Target): TypePermissions {
  return {
    read: [own(target, "events", ["DescribeEventBus", "ListTagsForResource"], ...busesAndRules(target))],
    write: [
      own(
        target,
        "events",
        ["CreateEventBus", "DeleteEventBus", "TagResource", "UntagResource", "UpdateEventBus"],
        ...busesAndRules(target),
      ),
    ],
  };
}

function eventRule(target: Target): TypePermissions {
  return {
    read: [own(target, "events", ["DescribeRule", "ListTagsForResource", "ListTargetsByRule"], ...busesAndRules(target))],
    write: [
      own(
        target,
        "events",
        ["DeleteRule", "PutRule", "PutTargets", "RemoveTargets", "TagResource", "UntagResource"],
        ...busesAndRules(target),
      ),
    ],
  };
}

/** The buses of the domain, and its rules on the bus of the environment and on buses of its own. */
function busesAndRules(target: Target): string[] {
  const bus = `event-bus/${target.own}`;
  // The rules on the bus of the foundation belong to the domains.
  if (target.identity.domain === FOUNDATION) return [bus];
  return [bus, `rule/${target.ownOf(FOUNDATION)}/${target.own}`, `rule/${target.own}/*`];
}

/**
 * Roles below the path of the domain, which can be created and given permissions only with their permissions boundary, and passed only
 * to the services that need them.
 */
export function iamRole(target: Target, boundary: string, services: string[]): TypePermissions {
  const roles = [target.arn("iam", `role${rolePath(target.identity)}*`)];
  const boundaryArn = target.arn("iam", `policy/${boundary}`);
  return {
    read: [
      {
        actions: of("iam", ["GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies"]),
        resources: roles,
      },
    ],
    write: [
      {
        actions: of("iam", ["CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"]),
        resources: roles,
        condition: { StringEquals: { "iam:PermissionsBoundary": boundaryArn } },
      },
      {
        actions: of("iam", [
          "DeleteRole",
          "DeleteRolePolicy",
          "TagRole",
          "UntagRole",
          "UpdateAssumeRolePolicy",
          "UpdateRole",
          "UpdateRoleDescription",
        ]),
        resources: roles,
      },
      { actions: ["iam:PassRole"], resources: roles, condition: { StringEquals: { "iam:PassedToService": services } } },
    ],
  };
}

/** A mapping has an id that AWS makes. The function that it invokes says whose it is. */
function eventSourceMapping(target: Target): TypePermissions {
  const mappings = [target.arn("lambda", "event-source-mapping:*")];
  const ofOwnFunctions = { ArnLike: { "lambda:FunctionArn": target.arn("lambda", `function:${target.own}`) } };
  return {
    read: [{ actions: of("lambda", ["GetEventSourceMapping", "ListTags"]), resources: mappings, condition: target.notOfOthers }],
    write: [
      { actions: ["lambda:CreateEventSourceMapping"], resources: ["*"], condition: ofOwnFunctions },
      {
        actions: of("lambda", ["DeleteEventSourceMapping", "UpdateEventSourceMapping"]),
        resources: mappings,
        // The function can be the one that the request names. The tags are those of the mapping.
        condition: { ...ofOwnFunctions, ...target.tagged("aws:ResourceTag") },
      },
      { actions: ["lambda:TagResource"], resources: mappings, condition: target.taggedByRequest },
      { actions: of("lambda", ["TagResource", "UntagResource"]), resources: mappings, condition: target.tagged("aws:ResourceTag") },
    ],
  };
}

function bucket(target: Target): TypePermissions {
  return {
    read: [
      own(
        target,
        "s3",
        [
          "GetAccelerateConfiguration",
          "GetBucketAcl",
          "GetBucketCORS",
          "GetBucketLogging",
          "GetBucketNotification",
          "GetBucketObjectLockConfiguration",
          "GetBucketOwnershipControls",
          "GetBucketPolicy",
          "GetBucketPublicAccessBlock",
          "GetBucketRequestPayment",
          "GetBucketTagging",
          "GetBucketVersioning",
          "GetBucketWebsite",
          "GetEncryptionConfiguration",
          "GetLifecycleConfiguration",
          "GetReplicationConfiguration",
          "ListBucket",
        ],
        target.ownBuckets,
      ),
    ],
    write: [
      own(
        target,
        "s3",
        [
          "CreateBucket",
          "DeleteBucket",
          "DeleteBucketPolicy",
          "ListBucketVersions",
          "PutBucketNotification",
          "PutBucketOwnershipControls",
          "PutBucketPolicy",
          "PutBucketPublicAccessBlock",
          "PutBucketTagging",
          "PutBucketVersioning",
          "PutEncryptionConfiguration",
          "PutLifecycleConfiguration",
        ],
        target.ownBuckets,
      ),
      // To empty a bucket that an environment does not protect, before it is deleted.
      own(target, "s3", ["DeleteObject", "DeleteObjectVersion"], `${target.ownBuckets}/*`),
    ],
  };
}

export function topic(target: Target): TypePermissions {
  return {
    read: [
      named(target, "sns", ["GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"]),
      // Actions on a subscription have no resource types.
      { actions: ["sns:GetSubscriptionAttributes"], resources: ["*"] },
    ],
    write: [
      named(target, "sns", ["CreateTopic", "DeleteTopic", "SetTopicAttributes", "Subscribe", "TagResource", "UntagResource"]),
      { actions: ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"], resources: ["*"] },
    ],
  };
}

/** The contracts that the domain publishes. */
export function contractParameters(target: Target): TypePermissions {
  const { project, environment, domain } = target.identity;
  const parameters = `parameter/${project}/${environment}/${domain}/v*`;
  return {
    read: [
      own(target, "ssm", ["GetParameter", "ListTagsForResource"], parameters),
      // It has no resource types, and Terraform finds the description of a parameter with it.
      { actions: ["ssm:DescribeParameters"], resources: ["*"] },
    ],
    write: [own(target, "ssm", ["AddTagsToResource", "DeleteParameter", "PutParameter", "RemoveTagsFromResource"], parameters)],
  };
}
