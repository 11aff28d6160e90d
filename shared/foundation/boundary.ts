import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import type { ITerraformDependable } from "cdktf";
import type { DomainStack } from "../domain-stack";
import { domainBoundaryName, FOUNDATION, resourceName, stackId } from "../naming";
import { policyDocument } from "../resources/iam";
import { addFinding } from "../stack/findings";
import { checkedName } from "../stack/name-limits";

interface ServiceLimits {
  /** The actions without the prefix of their service. */
  actions: string[];
  /**
   * The end of each ARN in a domain: the part after the account. Left out for actions that have no resource types, which take "*"
   * only.
   */
  resources?: (names: ResourceNames) => string[];
  /**
   * Where the domain may use the actions: in itself (`own`), also in the domains whose contracts it reads, or also in the foundation,
   * which has the event bus of the environment.
   * @default "read"
   */
  reach?: "own" | "read" | "foundation";
}

interface ResourceNames {
  /** Matches the names of all resources of a domain in this environment: `shop-orders-int-*`. */
  own: string;
  project: string;
  environment: string;
  domain: string;
  account: string;
}

/**
 * The longest document of a managed policy, in characters. Spaces do not count.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const LONGEST_POLICY = 6144;

/**
 * The permissions boundaries of all domains: the most that a domain can allow its roles. A domain that allows an action that is not
 * here gets a finding at synth time. A boundary limits the roles to the domain's own resources and secrets, and to the resources of
 * the domains whose contracts it reads. To let lambdas use another AWS service, add the service here. That is a decision for the
 * whole project.
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
    resources: ({ project, environment, domain }) => [`parameter/${project}/${environment}/${domain}/secret/*`],
    reach: "own",
  },
  events: { actions: ["PutEvents"], resources: ({ own }) => [`event-bus/${own}`], reach: "foundation" },
  lambda: { actions: ["InvokeFunction"], resources: ({ own }) => [`function:${own}`] },
  logs: { actions: ["CreateLogStream", "PutLogEvents"], resources: ({ own }) => [`log-group:/aws/lambda/${own}`], reach: "own" },
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

/** Whether the boundaries allow an action, such as `sqs:SendMessage`, on any resource. */
export function boundaryAllows(action: string): boolean {
  const [service = "", name = ""] = action.split(":");
  return BOUNDARY[service]?.actions.includes(name) ?? false;
}

/**
 * Adds the managed policy that is the permissions boundary of every role in one domain.
 * @param foundation the stack that gets it
 * @param domain the stack of the domain in the same environment, with all of its constructs
 * @param dependsOn what must exist before: the foundation publishes the boundary, and the domain can be deployed from then on
 */
export function addBoundary(foundation: DomainStack, domain: DomainStack, dependsOn: ITerraformDependable[]): IamPolicy {
  const name = domain.identity.domain;
  const read = [...domain.parametersRead].filter(([, used]) => used.size > 0).map(([contract]) => contract.domain);
  const statements = boundaryStatements(
    foundation,
    name,
    [...new Set(read)].filter((owner) => owner !== FOUNDATION),
  );
  const { length } = JSON.stringify(statements);
  if (length > LONGEST_POLICY) {
    const fix = "Let it read the contracts of fewer domains: send them events instead";
    addFinding(domain, `its permissions boundary has about ${length} characters, and IAM allows ${LONGEST_POLICY}. ${fix}.`);
  }
  return new IamPolicy(foundation, `${name}-boundary`, {
    name: checkedName(foundation, { kind: "IAM policy", name: domainBoundaryName(domain.identity), account: domain.environment.account }),
    // Do not edit the description. AWS cannot change it, so Terraform would replace the policy of every role.
    description: `The most that a role in ${stackId(domain.identity)} may be granted`,
    policy: policyDocument(foundation, `${name}-boundary-document`, statements),
    dependsOn,
  });
}

function boundaryStatements(stack: DomainStack, domain: string, read: string[]) {
  const namesIn = (owner: string): ResourceNames => ({
    own: `${resourceName({ ...stack.identity, domain: owner })}-*`,
    project: stack.project.name,
    environment: stack.environment.name,
    domain: owner,
    account: stack.environment.account,
  });
  const ownersWithin = { own: [domain], read: [domain, ...read], foundation: [domain, ...read, FOUNDATION] };
  return Object.entries(BOUNDARY).map(([service, { actions, resources, reach = "read" }]) => {
    const owners = ownersWithin[reach];
    return {
      actions: actions.map((action) => `${service}:${action}`),
      resources: resources ? owners.flatMap((owner) => resources(namesIn(owner))).map((each) => stack.arnOf(service, each)) : ["*"],
    };
  });
}
