import type { DomainStack } from "../../domain-stack";
import { domainBoundaryName, FOUNDATION, resourceName, rolePath, type StackIdentity } from "../../naming";

/**
 * What Terraform needs to manage a type of resource: to read it, which a plan does too, and to change it. The names of actions and the
 * kinds of resource are those of the Service Authorization Reference.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export interface TypePermissions {
  read?: Permission[];
  write?: Permission[];
}

export interface Permission {
  actions: string[];
  /** ARNs. `["*"]` for actions that have no resource types, or whose resource has no name yet. */
  resources: string[];
  condition?: Condition;
}

/** The condition of a statement: by operator, then by condition key. */
export type Condition = Record<string, Record<string, string | string[]>>;

/** What the ARNs of one domain, in one environment, are made of. */
export class Target {
  /**
   * @param stack any stack of the environment, because it knows the account and the region
   * @param identity the domain that is deployed
   */
  constructor(
    private readonly stack: DomainStack,
    readonly identity: StackIdentity,
  ) {}

  /** Matches the names of all resources of the domain: `shop-orders-int-*`. */
  get own(): string {
    return `${resourceName(this.identity)}-*`;
  }

  /** The same prefix for a domain that this one reads the contracts of. */
  ownOf(domain: string): string {
    return `${resourceName({ ...this.identity, domain })}-*`;
  }

  arn(service: string, resource: string): string {
    return this.stack.arnOf(service, resource);
  }

  /** ARNs of API Gateway have no account. */
  apiArn(path: string): string {
    return `${this.stack.arnPrefix}:apigateway:${this.stack.project.region}::${path}`;
  }

  /** The tags that the AWS provider gives to everything in the stack of the domain, as the condition that something has them. */
  tagged(key: "aws:RequestTag" | "aws:ResourceTag"): Condition {
    return { StringEquals: this.tags(key) };
  }

  /**
   * The condition that something does not have the tags of another domain. It is for reading: what was deleted has no tags any more, and
   * the answer should be that it does not exist.
   */
  get notOfOthers(): Condition {
    return { StringEqualsIfExists: this.tags("aws:ResourceTag") };
  }

  private tags(key: string): Record<string, string> {
    const { project, domain, environment } = this.identity;
    return { [`${key}/project`]: project, [`${key}/domain`]: domain, [`${key}/environment`]: environment };
  }
}

/** Permissions of one service on the domain's own names. */
function own(target: Target, service: string, actions: string[], ...patterns: string[]): Permission {
  return { actions: of(service, actions), resources: patterns.map((pattern) => target.arn(service, pattern)) };
}

function of(service: string, actions: string[]): string[] {
  return actions.map((action) => `${service}:${action}`);
}

type Table = Record<string, (target: Target) => TypePermissions>;

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
      own(target, "cloudwatch", ["ListTagsForResource"], `alarm:${target.own}`),
      // Not every form of the request names an alarm.
      { actions: ["cloudwatch:DescribeAlarms"], resources: ["*"] },
    ],
    write: [own(target, "cloudwatch", ["DeleteAlarms", "PutMetricAlarm", "TagResource", "UntagResource"], `alarm:${target.own}`)],
  }),
  aws_cloudwatch_log_group: (target) => ({
    read: [
      own(target, "logs", ["ListTagsForResource"], ...logGroups(target)),
      // Terraform finds a log group by listing those with its name as a prefix.
      { actions: ["logs:DescribeLogGroups"], resources: ["*"] },
    ],
    write: [
      own(target, "logs", ["CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "TagResource", "UntagResource"], ...logGroups(target)),
    ],
  }),

  aws_cloudwatch_event_archive: (target) => ({
    read: [own(target, "events", ["DescribeArchive"], `archive/${target.own}`)],
    write: [
      own(target, "events", ["CreateArchive", "DeleteArchive", "UpdateArchive"], `archive/${target.own}`),
      // An archive is also a permission on the bus that it copies.
      own(target, "events", ["CreateArchive"], `event-bus/${target.ownOf(FOUNDATION)}`),
    ],
  }),
  aws_cloudwatch_event_bus: (target) => eventBus(target),
  aws_cloudwatch_event_rule: (target) => eventRule(target),
  aws_cloudwatch_event_target: (target) => eventRule(target),

  aws_dynamodb_table: (target) => ({
    read: [
      own(
        target,
        "dynamodb",
        ["DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"],
        `table/${target.own}`,
      ),
    ],
    write: [
      own(
        target,
        "dynamodb",
        ["CreateTable", "DeleteTable", "TagResource", "UntagResource", "UpdateContinuousBackups", "UpdateTable", "UpdateTimeToLive"],
        `table/${target.own}`,
      ),
    ],
  }),

  aws_iam_role: (target) => iamRole(target, domainBoundaryName(target.identity), ["lambda.amazonaws.com", "scheduler.amazonaws.com"]),
  aws_iam_role_policy: (target) =>
    iamRole(target, domainBoundaryName(target.identity), ["lambda.amazonaws.com", "scheduler.amazonaws.com"]),

  aws_kinesis_stream: (target) => ({
    read: [
      own(target, "kinesis", ["DescribeStreamSummary", "ListTagsForResource", "ListTagsForStream"], `stream/${target.own}`),
      { actions: ["kinesis:DescribeLimits"], resources: ["*"] },
    ],
    write: [
      own(
        target,
        "kinesis",
        [
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
        ],
        `stream/${target.own}`,
      ),
      // It has no resource types.
      { actions: ["kinesis:UpdateStreamMode"], resources: ["*"] },
    ],
  }),
  aws_kinesis_stream_consumer: (target) => ({
    read: [own(target, "kinesis", ["DescribeStreamConsumer", "ListTagsForResource"], `stream/${target.own}`)],
    write: [own(target, "kinesis", ["DeregisterStreamConsumer", "RegisterStreamConsumer"], `stream/${target.own}`)],
  }),

  aws_lambda_alias: (target) => ({
    read: [own(target, "lambda", ["GetAlias"], `function:${target.own}`)],
    write: [own(target, "lambda", ["CreateAlias", "DeleteAlias", "UpdateAlias"], `function:${target.own}`)],
  }),
  aws_lambda_event_source_mapping: (target) => eventSourceMapping(target),
  aws_lambda_function: (target) => ({
    read: [
      own(
        target,
        "lambda",
        ["GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConfiguration", "ListTags", "ListVersionsByFunction"],
        `function:${target.own}`,
      ),
    ],
    write: [
      own(
        target,
        "lambda",
        [
          "CreateFunction",
          "DeleteFunction",
          "PublishVersion",
          "TagResource",
          "UntagResource",
          "UpdateFunctionCode",
          "UpdateFunctionConfiguration",
        ],
        `function:${target.own}`,
      ),
      { actions: VPC_LAMBDA, resources: ["*"] },
    ],
  }),
  aws_lambda_function_event_invoke_config: (target) => ({
    read: [own(target, "lambda", ["GetFunctionEventInvokeConfig"], `function:${target.own}`)],
    write: [own(target, "lambda", ["DeleteFunctionEventInvokeConfig", "PutFunctionEventInvokeConfig"], `function:${target.own}`)],
  }),
  aws_lambda_permission: (target) => ({
    read: [own(target, "lambda", ["GetPolicy"], `function:${target.own}`)],
    write: [own(target, "lambda", ["AddPermission", "RemovePermission"], `function:${target.own}`)],
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
    read: [own(target, "scheduler", ["GetSchedule"], `schedule/default/${target.own}`)],
    write: [own(target, "scheduler", ["CreateSchedule", "DeleteSchedule", "UpdateSchedule"], `schedule/default/${target.own}`)],
  }),

  aws_sns_topic: (target) => topic(target),
  aws_sns_topic_policy: (target) => topic(target),
  aws_sns_topic_subscription: (target) => topic(target),

  aws_sqs_queue: (target) => ({
    read: [own(target, "sqs", ["GetQueueAttributes", "ListQueueTags"], target.own)],
    write: [own(target, "sqs", ["CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue"], target.own)],
  }),

  aws_ssm_parameter: (target) => contractParameters(target),
};

/** The types of resource that the foundation has. */
export const FOUNDATION_TYPES: Table = {
  aws_cloudwatch_event_bus: (target) => eventBus(target),
  aws_cloudwatch_log_group: (target) => DOMAIN_TYPES.aws_cloudwatch_log_group?.(target) ?? {},
  aws_default_security_group: (target) => network(target),
  aws_eip: (target) => network(target),
  aws_flow_log: (target) => network(target),
  aws_iam_policy: (target) => ({
    read: [own(target, "iam", ["GetPolicy", "GetPolicyVersion", "ListPolicyVersions"], `policy/${target.own}-boundary`)],
    write: [
      own(
        target,
        "iam",
        ["CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "TagPolicy", "UntagPolicy"],
        `policy/${target.own}-boundary`,
      ),
    ],
  }),
  aws_internet_gateway: (target) => network(target),
  aws_kms_alias: (target) => key(target),
  aws_kms_key: (target) => key(target),
  aws_nat_gateway: (target) => network(target),
  aws_route: (target) => network(target),
  aws_route_table: (target) => network(target),
  aws_route_table_association: (target) => network(target),
  aws_security_group: (target) => network(target),
  aws_sns_topic: (target) => topic(target),
  aws_sns_topic_policy: (target) => topic(target),
  aws_sns_topic_subscription: (target) => topic(target),
  aws_ssm_parameter: (target) => contractParameters(target),
  aws_subnet: (target) => network(target),
  aws_vpc: (target) => network(target),
  aws_vpc_endpoint: (target) => network(target),
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
export const VPC_LAMBDA = of("ec2", ["DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"]);

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
  // Where an API is created, the resource of its tags ends with a literal "*" in place of the id. The tags of one that exists cannot be
  // changed: AWS has no condition for whose they are.
  const newTags = target.apiArn(`/tags/${encodeURIComponent(target.apiArn("/v2/apis/"))}\${*}`);
  return {
    read: [{ actions: ["apigateway:GET"], resources: existing, condition: target.notOfOthers }],
    write: [
      { actions: of("apigateway", ["POST", "TagResource"]), resources: [...created, newTags], condition: target.tagged("aws:RequestTag") },
      { actions: API_WRITES, resources: existing, condition: target.tagged("aws:ResourceTag") },
      { actions: API_WRITES, resources: parts, condition: untagged },
    ],
  };
}

function logGroups(target: Target): string[] {
  const prefixes = target.identity.domain === FOUNDATION ? ["/aws/vpc/"] : ["/aws/lambda/", "/aws/vendedlogs/apigateway/"];
  return prefixes.map((prefix) => `log-group:${prefix}${target.own}`);
}

function eventBus(target: Target): TypePermissions {
  return {
    read: [own(target, "events", ["DescribeEventBus", "ListTagsForResource"], `event-bus/${target.own}`)],
    write: [
      own(
        target,
        "events",
        ["CreateEventBus", "DeleteEventBus", "TagResource", "UntagResource", "UpdateEventBus"],
        `event-bus/${target.own}`,
      ),
    ],
  };
}

/** Rules of the domain on the bus of the environment, and on buses of its own. */
function eventRule(target: Target): TypePermissions {
  const rules = [`rule/${target.ownOf(FOUNDATION)}/${target.own}`, `rule/${target.own}/*`];
  return {
    read: [own(target, "events", ["DescribeRule", "ListTagsForResource", "ListTargetsByRule"], ...rules)],
    write: [own(target, "events", ["DeleteRule", "PutRule", "PutTargets", "RemoveTargets", "TagResource", "UntagResource"], ...rules)],
  };
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
      { actions: of("lambda", ["DeleteEventSourceMapping", "UpdateEventSourceMapping"]), resources: mappings, condition: ofOwnFunctions },
      { actions: ["lambda:TagResource"], resources: mappings, condition: target.tagged("aws:RequestTag") },
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
        target.own,
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
        target.own,
      ),
      // To empty a bucket that an environment does not protect, before it is deleted.
      own(target, "s3", ["DeleteObject", "DeleteObjectVersion"], `${target.own}/*`),
    ],
  };
}

function topic(target: Target): TypePermissions {
  return {
    read: [
      own(target, "sns", ["GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"], target.own),
      // Actions on a subscription have no resource types.
      { actions: ["sns:GetSubscriptionAttributes"], resources: ["*"] },
    ],
    write: [
      own(target, "sns", ["CreateTopic", "DeleteTopic", "SetTopicAttributes", "Subscribe", "TagResource", "UntagResource"], target.own),
      { actions: ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"], resources: ["*"] },
    ],
  };
}

/** The contracts that the domain publishes. */
function contractParameters(target: Target): TypePermissions {
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

function key(target: Target): TypePermissions {
  const tagged = target.tagged("aws:ResourceTag");
  const keys = [target.arn("kms", "key/*")];
  const alias = target.arn("kms", `alias/${target.own}`);
  return {
    read: [
      {
        actions: of("kms", ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"]),
        resources: keys,
        condition: tagged,
      },
      // It has no resource types.
      { actions: ["kms:ListAliases"], resources: ["*"] },
    ],
    write: [
      // It has no resource types. A key gets its tags when it is created, and other keys of the account have some already.
      { actions: ["kms:CreateKey"], resources: ["*"], condition: target.tagged("aws:RequestTag") },
      {
        actions: ["kms:TagResource"],
        resources: keys,
        condition: { ...target.tagged("aws:RequestTag"), Null: { "aws:ResourceTag/domain": "true" } },
      },
      {
        actions: of("kms", [
          "CreateAlias",
          "DeleteAlias",
          "DisableKeyRotation",
          "EnableKeyRotation",
          "PutKeyPolicy",
          "ScheduleKeyDeletion",
          "TagResource",
          "UntagResource",
          "UpdateAlias",
          "UpdateKeyDescription",
        ]),
        resources: keys,
        condition: tagged,
      },
      { actions: of("kms", ["CreateAlias", "DeleteAlias", "UpdateAlias"]), resources: [alias] },
    ],
  };
}

/** The kind of resource that an action of EC2 creates. */
const CREATED = {
  AllocateAddress: "elastic-ip",
  CreateFlowLogs: "vpc-flow-log",
  CreateInternetGateway: "internet-gateway",
  CreateNatGateway: "natgateway",
  CreateRouteTable: "route-table",
  CreateSecurityGroup: "security-group",
  CreateSubnet: "subnet",
  CreateVpc: "vpc",
  CreateVpcEndpoint: "vpc-endpoint",
};

/** What `network.ts` creates. All of it has ids that AWS makes, so that its tags say whose it is. */
function network(target: Target): TypePermissions {
  const ec2 = (kind: string) => target.arn("ec2", `${kind}/*`);
  return {
    read: [
      {
        actions: of("ec2", [
          "DescribeAddresses",
          "DescribeAddressesAttribute",
          "DescribeAvailabilityZones",
          "DescribeFlowLogs",
          "DescribeInternetGateways",
          "DescribeNatGateways",
          "DescribeNetworkAcls",
          "DescribeNetworkInterfaces",
          "DescribePrefixLists",
          "DescribeRouteTables",
          "DescribeSecurityGroupRules",
          "DescribeSecurityGroups",
          "DescribeSubnets",
          "DescribeVpcAttribute",
          "DescribeVpcEndpoints",
          "DescribeVpcs",
        ]),
        resources: ["*"],
      },
    ],
    write: [
      // What is created has the tags of the foundation, and so has everything that it is created in.
      ...Object.entries(CREATED).map(([action, kind]) => ({
        actions: [`ec2:${action}`],
        resources: [ec2(kind)],
        condition: target.tagged("aws:RequestTag"),
      })),
      {
        actions: ["ec2:CreateTags"],
        resources: Object.values(CREATED).map(ec2),
        condition: { StringEquals: { "ec2:CreateAction": Object.keys(CREATED) } },
      },
      {
        actions: of("ec2", [
          "AssociateRouteTable",
          "AttachInternetGateway",
          "AuthorizeSecurityGroupEgress",
          "AuthorizeSecurityGroupIngress",
          "CreateFlowLogs",
          "CreateNatGateway",
          "CreateRoute",
          "CreateRouteTable",
          "CreateSecurityGroup",
          "CreateSubnet",
          "CreateTags",
          "CreateVpcEndpoint",
          "DeleteFlowLogs",
          "DeleteInternetGateway",
          "DeleteNatGateway",
          "DeleteRoute",
          "DeleteRouteTable",
          "DeleteSecurityGroup",
          "DeleteSubnet",
          "DeleteTags",
          "DeleteVpc",
          "DeleteVpcEndpoints",
          "DetachInternetGateway",
          "DisassociateAddress",
          "DisassociateRouteTable",
          "ModifyVpcAttribute",
          "ModifyVpcEndpoint",
          "ReleaseAddress",
          "ReplaceRoute",
          "RevokeSecurityGroupEgress",
          "RevokeSecurityGroupIngress",
        ]),
        resources: [target.arn("ec2", "*/*")],
        condition: target.tagged("aws:ResourceTag"),
      },
      // AWS makes the default security group of a VPC, without tags. Terraform tags it, and then removes its rules.
      {
        actions: of("ec2", ["CreateTags", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"]),
        resources: [ec2("security-group")],
        condition: { Null: { "aws:ResourceTag/domain": "true" } },
      },
      // For the private DNS name of an interface endpoint, whose zone belongs to AWS.
      { actions: ["route53:AssociateVPCWithHostedZone"], resources: ["*"] },
    ],
  };
}
