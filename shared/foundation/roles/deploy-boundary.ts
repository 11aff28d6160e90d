import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { allowException } from "../../convention-exception";
import type { DomainStack } from "../../domain-stack";
import { ACCESS, deployBoundaryName, FOUNDATION, resourceName, rolePath, stateBucket, stateKey } from "../../naming";
import { addFinding } from "../../stack/findings";
import { checkedName } from "../../stack/name-limits";
import { LONGEST_POLICY } from "../boundary";
import { type PolicyDocument, policyOf } from "./policy";

/** The services that get roles of the project. */
const SERVICES = ["lambda.amazonaws.com", "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com"];

/**
 * Adds the permissions boundary of every deploy role of an environment: whatever its policy says, it deploys this environment and changes
 * neither its own role nor who is trusted. The foundation's apply role can evade it, because it also writes the boundaries of the
 * lambdas (docs/access.md).
 * @param stack the stack `access`, which only an administrator applies
 */
export function addDeployBoundary(stack: DomainStack): IamPolicy {
  const document = deployBoundary(stack);
  const { length } = JSON.stringify(document);
  if (length > LONGEST_POLICY) {
    addFinding(
      stack,
      `the boundary of the deploy roles has ${length} characters, and IAM allows ${LONGEST_POLICY}. Shorten the project's name.`,
    );
  }
  const policy = new IamPolicy(stack, "deploy-boundary", {
    name: checkedName(stack, { kind: "IAM policy", name: deployBoundaryName(stack.identity), account: stack.environment.account }),
    // Do not edit the description. AWS cannot change it, so Terraform would replace the policy of every role.
    description: `The most that a deploy role of ${stack.environment.name} may be granted`,
    policy: JSON.stringify(document),
  });
  const because = "It is a limit and grants nothing. The deploy roles' own policies name each action and resource.";
  for (const convention of ["named-actions", "named-resources"]) allowException(policy, { convention, because });
  return policy;
}

function deployBoundary(stack: DomainStack): PolicyDocument {
  const { project, environment } = stack.identity;
  const { account } = stack.environment;
  // The names of all resources of the environment, in every domain: `shop-*-int-*`.
  const names = `${resourceName({ project, environment, domain: "*" })}-*`;
  const arn = (service: string, ...patterns: string[]) => patterns.map((pattern) => stack.arnOf(service, pattern));
  const roles = arn("iam", `role/${project}/${environment}/*`);
  const domainBoundaries = arn("iam", `policy/${resourceName({ project, environment, domain: FOUNDATION }, "*-boundary")}`);
  const [deployBoundaryArn = ""] = arn("iam", `policy/${deployBoundaryName(stack.identity)}`);
  const [bucket = ""] = arn("s3", stateBucket({ project, environment, account }));
  // Only of what has no name of its own. A key for the states that somebody else made can have such tags too.
  const otherTag = (key: "project" | "environment", value: string) => ({
    actions: ["apigateway:*", "ec2:*", "kms:*Alias*", "kms:*Tag*", "kms:Disable*", "kms:Put*", "kms:Schedule*", "lambda:*"],
    resources: ["*"],
    condition: { StringNotEquals: { [`aws:ResourceTag/${key}`]: value }, Null: { [`aws:ResourceTag/${key}`]: "false" } },
  });
  return policyOf(
    [
      {
        actions: [
          "cloudwatch:*",
          "dynamodb:*",
          "events:*",
          "kinesis:*",
          "kms:*",
          "lambda:*",
          "logs:*",
          "s3:*",
          "scheduler:*",
          "sns:*",
          "sqs:*",
          "ssm:*",
        ],
        resources: [
          ...arn("cloudwatch", `alarm:${names}`),
          ...arn("cloudwatch", `dashboard/${names}`).map((each) => each.replace(/:cloudwatch:[^:]*:/, ":cloudwatch::")),
          ...arn("dynamodb", `table/${names}`),
          ...arn("events", `*/${names}`),
          ...arn("kinesis", `stream/${names}`),
          ...arn("kms", `alias/${names}`, "key/*"),
          ...arn("lambda", `function:${names}`, "event-source-mapping:*"),
          ...arn("logs", `log-group:/aws/*/${names}`),
          ...arn("s3", `${names}-${account}`, `${names}-${account}/*`),
          bucket,
          `${bucket}/*`,
          ...arn("scheduler", `schedule/default/${names}`),
          ...arn("sns", names),
          ...arn("sqs", names),
          ...arn("ssm", `parameter/${project}/${environment}/*`),
        ],
      },
      {
        // Things that AWS names, and actions that have no resource types. The denials below keep to the tags of the environment.
        actions: [
          "apigateway:*",
          "cloudwatch:DescribeAlarms",
          "ec2:*",
          "events:TestEventPattern",
          "kinesis:DescribeLimits",
          "kinesis:UpdateStreamMode",
          "kms:CreateKey",
          "kms:ListAliases",
          "kms:TagResource",
          "lambda:*EventSourceMapping*",
          "logs:*Deliver*",
          "logs:*ResourcePolic*",
          "logs:DescribeLogGroups",
          "route53:AssociateVPCWithHostedZone",
          "sns:*Subscri*",
          "ssm:DescribeParameters",
        ],
        resources: ["*"],
      },
      {
        actions: ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
        resources: roles,
        condition: { ArnLike: { "iam:PermissionsBoundary": [deployBoundaryArn, ...domainBoundaries] } },
      },
      {
        actions: [
          "iam:DeleteRole",
          "iam:DeleteRolePolicy",
          "iam:Get*",
          "iam:List*",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ],
        resources: roles,
      },
      { actions: ["iam:PassRole"], resources: roles, condition: { StringEquals: { "iam:PassedToService": SERVICES } } },
      { actions: ["iam:*Policy*"], resources: domainBoundaries },
    ],
    [
      // Not the roles that deploy the foundation, nor the state that knows this boundary.
      { actions: ["iam:*"], resources: arn("iam", `role${rolePath(stack.identity)}*`) },
      { actions: ["s3:*"], resources: [`${bucket}/${stateKey(ACCESS)}*`] },
      { actions: ["s3:Delete*", "s3:Put*Policy", "s3:PutBucket*", "s3:PutEncryption*", "s3:PutLifecycle*"], resources: [bucket] },
      { actions: ["ssm:*"], resources: arn("ssm", `parameter/${project}/${environment}/*/secret/*`) },
      otherTag("project", project),
      otherTag("environment", environment),
    ],
  );
}
