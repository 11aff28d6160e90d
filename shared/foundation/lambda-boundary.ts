import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import type { DomainStack } from "../domain-stack";
import { resourceNamePattern } from "../naming";
import { policyDocument } from "../resources/iam";

/**
 * The most a lambda may ever be granted, whatever its domain asks for: data of this project in
 * this environment. A grant beyond it is refused at synth. A lambda that needs another service
 * needs it here too: that is a decision for the whole project. `OWN` is any domain's
 * resource; the name of a bucket ends in the account, which its ARN does not say. Of SSM's
 * parameters, secrets alone: a lambda gets the values of contracts as environment variables.
 */
const ALLOWED: Record<string, { actions: string; resources?: string[] }> = {
  dynamodb: {
    actions:
      "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem DescribeStream GetItem GetRecords GetShardIterator ListStreams PutItem Query Scan UpdateItem",
    resources: ["table/OWN", "table/OWN/*"],
  },
  sqs: { actions: "ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage SendMessage", resources: ["OWN"] },
  kinesis: {
    actions:
      "DescribeStream DescribeStreamConsumer DescribeStreamSummary GetRecords GetShardIterator ListShards PutRecord PutRecords SubscribeToShard",
    resources: ["stream/OWN"],
  },
  s3: { actions: "DeleteObject GetObject GetObjectVersion PutObject", resources: ["OWN-ACCOUNT/*"] },
  sns: { actions: "Publish", resources: ["OWN"] },
  ssm: { actions: "GetParameter", resources: ["parameter/PROJECT/ENVIRONMENT/*/secret/*"] },
  events: { actions: "PutEvents", resources: ["event-bus/OWN"] },
  lambda: { actions: "InvokeFunction", resources: ["function:OWN"] },
  logs: { actions: "CreateLogStream PutLogEvents", resources: ["log-group:/aws/lambda/OWN"] },
  // Traces, and the network interfaces of a lambda in the VPC, have no ARN to name:
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  xray: { actions: "PutTelemetryRecords PutTraceSegments" },
  ec2: {
    actions:
      "AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DescribeSubnets UnassignPrivateIpAddresses",
  },
};

/** Whether the boundary lets a lambda have this action on something. */
export function boundaryAllows(action: string): boolean {
  const [service = "", verb = ""] = action.split(":");
  return ALLOWED[service]?.actions.split(" ").includes(verb) ?? false;
}

/** The managed policy that bounds every lambda's role. */
export function addLambdaBoundary(stack: DomainStack): IamPolicy {
  const { project, environment } = stack;
  const words: Record<string, string> = {
    OWN: resourceNamePattern(stack.identity),
    PROJECT: project.name,
    ENVIRONMENT: environment.name,
    ACCOUNT: environment.account,
  };
  const fill = (resource: string) => resource.replace(/[A-Z]+/g, (word) => words[word] ?? word);
  const statements = Object.entries(ALLOWED).map(([service, { actions, resources }]) => ({
    actions: actions.split(" ").map((verb) => `${service}:${verb}`),
    resources: resources?.map((resource) => stack.arnOf(service, fill(resource))) ?? ["*"],
  }));
  return new IamPolicy(stack, "lambda-boundary", {
    name: stack.nameFor(stack, "IAM policy", "lambda-boundary"),
    description: "The most that a lambda may be granted",
    policy: policyDocument(stack, "lambda-boundary-document", statements),
  });
}
