import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import type { EnvironmentStack } from "../environment-stack";

/**
 * The most a lambda may ever be granted, whatever its domain asks for: data of this project in
 * this environment. A grant beyond it is refused at synth. A lambda that needs another service
 * needs it here too: that is a decision for the whole project.
 */
const ALLOWED: Record<string, { actions: string[]; resources: (stack: EnvironmentStack) => string[] }> = {
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
    resources: (stack) => [ownArn(stack, "dynamodb", "table/"), `${ownArn(stack, "dynamodb", "table/")}/*`],
  },
  sqs: {
    actions: ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage"],
    resources: (stack) => [ownArn(stack, "sqs")],
  },
  events: {
    actions: ["PutEvents"],
    resources: (stack) => [ownArn(stack, "events", "event-bus/")],
  },
  lambda: {
    actions: ["InvokeFunction"],
    resources: (stack) => [ownArn(stack, "lambda", "function:")],
  },
  ssm: {
    actions: ["GetParameter", "GetParameters"],
    resources: (stack) => [stack.arnOf("ssm", `parameter/${stack.project.name}/${stack.environment.name}/*`)],
  },
  logs: {
    actions: ["CreateLogStream", "PutLogEvents"],
    resources: (stack) => [ownArn(stack, "logs", "log-group:/aws/lambda/")],
  },
  // X-Ray and the network interfaces of a lambda in the VPC have no ARN before they exist:
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  xray: { actions: ["PutTelemetryRecords", "PutTraceSegments"], resources: () => ["*"] },
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
    resources: () => ["*"],
  },
};

/** Resources of any domain of this project in this environment, by their names. */
function ownArn(stack: EnvironmentStack, service: string, type = ""): string {
  return stack.arnOf(service, `${type}${stack.project.name}-*-${stack.environment.name}-*`);
}

/** Whether the boundary lets a lambda have this action on something. */
export function boundaryAllows(action: string): boolean {
  const [service = "", verb = ""] = action.split(":");
  return ALLOWED[service]?.actions.includes(verb) ?? false;
}

/** The managed policy that bounds every lambda's role. */
export function addLambdaBoundary(stack: EnvironmentStack): IamPolicy {
  const document = new DataAwsIamPolicyDocument(stack, "lambda-boundary-document", {
    statement: Object.entries(ALLOWED).map(([service, { actions, resources }]) => ({
      sid: service.toUpperCase(),
      actions: actions.map((action) => `${service}:${action}`),
      resources: resources(stack),
    })),
  });
  return new IamPolicy(stack, "lambda-boundary", {
    name: stack.nameFor(stack, "IAM policy", "lambda-boundary"),
    description: "The most that a lambda of this environment may be granted",
    policy: document.json,
  });
}
