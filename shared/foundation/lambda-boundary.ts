import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import type { DomainStack } from "../domain-stack";
import { resourceNamePattern } from "../naming";
import { policyDocument } from "../resources/iam";

interface ServiceLimits {
  /** The actions without the prefix of their service. */
  actions: string[];
  /** The end of each ARN: the part after the account. Left out for actions that have no resource types, which take "*" only. */
  resources?: (names: ResourceNames) => string[];
}

interface ResourceNames {
  /** Matches the names of all resources of the project in this environment, in any domain: `shop-*-int-*`. */
  own: string;
  project: string;
  environment: string;
  account: string;
}

/**
 * The permissions boundary of all lambdas: the most that any domain can allow its lambdas. A domain that allows more gets a
 * finding at synth time. It limits lambdas to data of this project in this environment. To let lambdas use another AWS
 * service, add the service here. That is a decision for the whole project.
 */
const BOUNDARY: Record<string, ServiceLimits> = {
  dynamodb: {
    actions: [
      "BatchGetItem",
      "BatchWriteItem",
      "ConditionCheckItem",
      "DeleteItem",
      "DescribeStream",
      "GetItem",
      "GetRecords",
      "GetShardIterator",
      "ListStreams",
      "PutItem",
      "Query",
      "Scan",
      "UpdateItem",
    ],
    resources: ({ own }) => [`table/${own}`, `table/${own}/*`],
  },
  sqs: {
    actions: ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage"],
    resources: ({ own }) => [own],
  },
  kinesis: {
    actions: [
      "DescribeStream",
      "DescribeStreamConsumer",
      "DescribeStreamSummary",
      "GetRecords",
      "GetShardIterator",
      "ListShards",
      "PutRecord",
      "PutRecords",
      "SubscribeToShard",
    ],
    resources: ({ own }) => [`stream/${own}`],
  },
  s3: {
    actions: ["DeleteObject", "GetObject", "GetObjectVersion", "PutObject"],
    // The name of a bucket ends with the account, because the ARN of a bucket does not contain the account.
    resources: ({ own, account }) => [`${own}-${account}/*`],
  },
  sns: { actions: ["Publish"], resources: ({ own }) => [own] },
  ssm: {
    actions: ["GetParameter"],
    // Secrets only. A lambda gets the values of contracts as environment variables.
    resources: ({ project, environment }) => [`parameter/${project}/${environment}/*/secret/*`],
  },
  events: { actions: ["PutEvents"], resources: ({ own }) => [`event-bus/${own}`] },
  lambda: { actions: ["InvokeFunction"], resources: ({ own }) => [`function:${own}`] },
  logs: { actions: ["CreateLogStream", "PutLogEvents"], resources: ({ own }) => [`log-group:/aws/lambda/${own}`] },
  // The X-Ray actions have no resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  xray: { actions: ["PutTelemetryRecords", "PutTraceSegments"] },
  // The Lambda service needs these actions on "*" for the network interfaces of a lambda in the VPC:
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  ec2: {
    actions: [
      "AssignPrivateIpAddresses",
      "CreateNetworkInterface",
      "DeleteNetworkInterface",
      "DescribeNetworkInterfaces",
      "DescribeSubnets",
      "UnassignPrivateIpAddresses",
    ],
  },
};

/** Whether the boundary allows an action, such as `sqs:SendMessage`, on any resource. */
export function boundaryAllows(action: string): boolean {
  const [service = "", name = ""] = action.split(":");
  return BOUNDARY[service]?.actions.includes(name) ?? false;
}

/** Adds the managed policy that is the permissions boundary of every lambda's execution role. */
export function addLambdaBoundary(stack: DomainStack): IamPolicy {
  const names: ResourceNames = {
    own: resourceNamePattern(stack.identity),
    project: stack.project.name,
    environment: stack.environment.name,
    account: stack.environment.account,
  };
  const statements = Object.entries(BOUNDARY).map(([service, { actions, resources }]) => ({
    actions: actions.map((action) => `${service}:${action}`),
    resources: resources ? resources(names).map((resource) => stack.arnOf(service, resource)) : ["*"],
  }));
  return new IamPolicy(stack, "lambda-boundary", {
    name: stack.nameFor(stack, "IAM policy", "lambda-boundary"),
    // Do not edit the description. AWS cannot change it, so Terraform would replace the policy of every lambda.
    description: "The most that a lambda may be granted",
    policy: policyDocument(stack, "lambda-boundary-document", statements),
  });
}
