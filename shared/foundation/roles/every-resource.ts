/**
 * The actions that AWS allows or denies on every resource alike: they have no resource types, or a request does not always name its
 * resource. A statement with the resource "*" may contain these only. The key is the page that says so, below
 * https://docs.aws.amazon.com/service-authorization/latest/reference/, unless it is a whole address.
 */
const BY_SOURCE: Record<string, string[]> = {
  "list_amazoncloudwatch.html": ["cloudwatch:DescribeAlarms"],
  "list_amazoncloudwatchlogs.html": ["logs:DescribeLogGroups"],
  "list_amazonec2.html": [
    "ec2:DescribeAddresses",
    "ec2:DescribeAddressesAttribute",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribePrefixLists",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
  ],
  "list_amazoneventbridge.html": ["events:TestEventPattern"],
  "list_amazonkinesisdatastreams.html": ["kinesis:DescribeLimits", "kinesis:UpdateStreamMode"],
  "list_amazonroute53.html": ["route53:AssociateVPCWithHostedZone"],
  "list_amazonsns.html": ["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
  "list_awskeymanagementservice.html": ["kms:CreateKey", "kms:ListAliases"],
  "list_awslambda.html": ["lambda:CreateEventSourceMapping", "lambda:ListEventSourceMappings"],
  "list_awssystemsmanager.html": ["ssm:DescribeParameters"],
  "list_awsx-ray.html": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
  // What API Gateway does in the name of the caller when a stage gets an access log.
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html": [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
  ],
  // The network interfaces of a lambda in a VPC, which Lambda creates with the execution role and without an ARN.
  "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html": [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ],
};

const REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/";

/** The page of AWS that says why an action is allowed on every resource, by action. */
export const EVERY_RESOURCE: ReadonlyMap<string, string> = new Map(
  Object.entries(BY_SOURCE).flatMap(([page, actions]) =>
    actions.map((action) => [action, page.startsWith("https:") ? page : `${REFERENCE}${page}`]),
  ),
);
