import type { DomainStack } from "../../domain-stack";
import {
  type DeployPhase,
  deployBoundaryName,
  FOUNDATION,
  planPrefix,
  recordParameter,
  type StackIdentity,
  stateBucket,
  stateKey,
} from "../../naming";
import { runsOnServer } from "../../stack/config";
import { isFirst } from "../../stack/deployer";
import { FOUNDATION_TYPES } from "./foundation-permissions";
import { DOMAIN_TYPES, iamRole } from "./permissions";
import { type PolicyDocument, policyOf } from "./policy";
import { type Permission, Target, type TypePermissions } from "./target";

/**
 * The permissions of a deploy role.
 * @param stack any stack of the environment
 * @param identity the domain that the role deploys
 */
export function deployPolicy(stack: DomainStack, identity: StackIdentity, phase: DeployPhase): PolicyDocument {
  const target = new Target(stack, identity);
  if (phase === "smoke") return policyOf([...smokePermissions(target), ...recordPermissions(stack, target)], [secretsOf(target)]);
  const types = Object.values(permissionsOf(target));
  const write = phase === "apply" ? types.flatMap((type) => type.write ?? []) : [];
  const read = types.flatMap((type) => type.read ?? []);
  return policyOf([...read, contractsOf(target), ...write, ...statePermissions(stack, identity, phase)], [secretsOf(target)]);
}

/** The permissions for each type of resource that the stack of a domain can have. */
export function permissionsOf(target: Target): Record<string, TypePermissions> {
  const isFoundation = target.identity.domain === FOUNDATION;
  const table = isFoundation ? FOUNDATION_TYPES : DOMAIN_TYPES;
  const permissions = Object.fromEntries(Object.entries(table).map(([type, of]) => [type, of(target)]));
  if (!isFoundation) return permissions;
  // Its roles are those that deploy the domains, and the one of the flow log.
  const roles = iamRole(target, deployBoundaryName(target.identity), ["vpc-flow-logs.amazonaws.com"]);
  return { ...permissions, aws_iam_role: roles, aws_iam_role_policy: roles };
}

/** The contracts of all domains, because a domain may read any of them, and the records of what runs (`version`), to compare with. */
function contractsOf(target: Target): Permission {
  const { project, environment } = target.identity;
  return { actions: ["ssm:GetParameter", "ssm:GetParameters"], resources: [target.arn("ssm", `parameter/${project}/${environment}/*/v*`)] };
}

/** If a server applies, no command of this project has its credentials. Then the smoke role records what runs. */
function recordPermissions({ project }: DomainStack, target: Target): Permission[] {
  if (!runsOnServer(project.state)) return [];
  const own = target.arn("ssm", `parameter${recordParameter(target.identity, "*")}`);
  return [contractsOf(target), { actions: ["ssm:PutParameter"], resources: [own] }];
}

/** The secrets of all domains. In an ARN, "*" also matches "/", so that the pattern of contracts matches secrets that begin with "v". */
function secretsOf(target: Target): Permission {
  const { project, environment } = target.identity;
  return { actions: ["ssm:*"], resources: [target.arn("ssm", `parameter/${project}/${environment}/*/secret/*`)] };
}

/** What a smoke test does: it sends an event to each trigger of the domain, invokes its lambdas, and reads what came of it. */
function smokePermissions(target: Target): Permission[] {
  const { own } = target;
  return [
    { actions: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"], resources: [target.arn("sqs", own)] },
    { actions: ["sns:Publish"], resources: [target.arn("sns", own)] },
    { actions: ["kinesis:DescribeStreamSummary", "kinesis:PutRecord"], resources: [target.arn("kinesis", `stream/${own}`)] },
    { actions: ["s3:DeleteObject", "s3:PutObject"], resources: [target.arn("s3", `${target.ownBuckets}/*`)] },
    { actions: ["s3:GetBucketNotification"], resources: [target.arn("s3", target.ownBuckets)] },
    { actions: ["dynamodb:DescribeTable"], resources: [target.arn("dynamodb", `table/${own}`)] },
    {
      actions: ["events:DescribeRule", "events:ListTargetsByRule"],
      resources: [`rule/${target.ownOf(FOUNDATION)}/${own}`, `rule/${own}/*`].map((rule) => target.arn("events", rule)),
    },
    { actions: ["scheduler:GetSchedule"], resources: [target.arn("scheduler", `schedule/default/${own}`)] },
    { actions: ["lambda:InvokeFunction"], resources: [target.arn("lambda", `function:${own}:*`)] },
    { actions: ["lambda:GetAlias", "lambda:GetFunctionConfiguration"], resources: [target.arn("lambda", `function:${own}`)] },
    {
      actions: ["lambda:GetEventSourceMapping"],
      resources: [target.arn("lambda", "event-source-mapping:*")],
      condition: { ArnLike: { "lambda:FunctionArn": target.arn("lambda", `function:${own}`) } },
    },
    { actions: ["logs:FilterLogEvents"], resources: [target.arn("logs", `log-group:/aws/lambda/${own}`)] },
    // Neither has resource types.
    { actions: ["events:TestEventPattern", "lambda:ListEventSourceMappings"], resources: ["*"] },
  ];
}

/**
 * The state of the stack in its bucket, its lock, and saved plans. With another kind of state, there are none. The plan role of the first
 * environment is the one of pull requests, so that what it saves is never applied.
 */
function statePermissions(stack: DomainStack, identity: StackIdentity, phase: DeployPhase): Permission[] {
  const { state } = stack.project;
  if (state.kind !== "s3") return [];
  const { account, name } = stack.environment;
  const bucket = stack.arnOf("s3", stateBucket({ project: identity.project, environment: identity.environment, account }));
  const key = stateKey(identity.domain);
  const isOfPullRequests = phase === "plan" && isFirst(stack.project, name);
  const plans = planPrefix(identity.domain, isOfPullRequests ? "pull-request" : "main");
  const { kmsKeyAlias } = state;
  const byAlias = { "ForAnyValue:StringEquals": { "kms:ResourceAliases": kmsKeyAlias ?? "" } };
  return [
    { actions: ["s3:ListBucket"], resources: [bucket], condition: { StringEquals: { "s3:prefix": key } } },
    { actions: ["s3:GetObject", ...(phase === "apply" ? ["s3:PutObject"] : [])], resources: [`${bucket}/${key}`] },
    { actions: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], resources: [`${bucket}/${key}.tflock`] },
    { actions: ["s3:GetObject", "s3:PutObject"], resources: [`${bucket}/${plans}*`] },
    ...(kmsKeyAlias === undefined
      ? []
      : [{ actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [stack.arnOf("kms", "key/*")], condition: byAlias }]),
  ];
}
