import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCESS, deployBoundaryName, deployedDomain, deployedIdentity, FOUNDATION, operatorRoleName } from "../shared/naming";
import { boundaryParameter } from "../shared/stack/foundation-contract";
import type { LambdaDescription } from "../shared/stack-description";
import {
  allResources,
  type Convention,
  firstResource,
  type Json,
  referredResource,
  resourcesFailing,
  resourcesOf,
  type SynthesizedStack,
} from "./convention";

const EVENT_RULE_TARGET = "aws_cloudwatch_event_target";
const FUNCTION = "aws_lambda_function";
const LOG_GROUP = "aws_cloudwatch_log_group";
const MAPPING = "aws_lambda_event_source_mapping";
const NOTIFICATION = "aws_s3_bucket_notification";
const PERMISSION = "aws_lambda_permission";
const ROLE = "aws_iam_role";
const SCHEDULE = "aws_scheduler_schedule";
const SUBSCRIPTION = "aws_sns_topic_subscription";

/** How lambdas log, which role and code they have, and how they are invoked. */
export const lambdaConventions: Convention[] = [
  {
    id: "log-retention",
    rule: "every log group has the retention period that its environment sets, or that the lambda's own option sets",
    check: ({ json, description, environment }) =>
      resourcesOf(json, LOG_GROUP).flatMap(({ address, attributes }) => {
        const lambda = description.lambdas.find(({ logGroup }) => logGroup === attributes.name);
        const days = lambda?.logRetentionDays ?? environment.logRetentionDays;
        if (attributes.retention_in_days === days) return [];
        const source = lambda?.logRetentionDays ? `the option logRetentionDays of ${lambda.name}` : `the environment ${environment.name}`;
        return [
          { resource: address, problem: `retention_in_days is ${attributes.retention_in_days ?? "not set"}, but ${source} says ${days}` },
        ];
      }),
    counterExamples: [
      {
        title: "a log group that keeps its events forever",
        specimen: "shared",
        change: ({ json }) => delete firstResource(json, LOG_GROUP).retention_in_days,
      },
      {
        title: "a lambda's log group that replaces the environment's value without the option",
        change: ({ json }) => Object.assign(firstResource(json, LOG_GROUP), { retention_in_days: 14 }),
      },
      {
        title: "a lambda's log group with another value than the lambda's option",
        change: (stack) => {
          describedLambda(stack, "work").logRetentionDays = 365;
          firstResource(stack.json, LOG_GROUP, /work/).retention_in_days = 731;
        },
        finds: "but the option logRetentionDays of work says 365",
      },
      {
        title: "a lambda's log group with the environment's value in spite of the lambda's option",
        change: (stack) => Object.assign(describedLambda(stack, "work"), { logRetentionDays: 365 }),
        finds: "retention_in_days is 90, but the option logRetentionDays of work says 365",
      },
      {
        title: "a log group with the value of another lambda's option",
        change: (stack) => {
          describedLambda(stack, "work").logRetentionDays = 365;
          firstResource(stack.json, LOG_GROUP, /work/).retention_in_days = 365;
          firstResource(stack.json, LOG_GROUP, /answer/).retention_in_days = 365;
        },
        finds: "retention_in_days is 365, but the environment live says 90",
      },
    ],
  },
  {
    id: "lambda-log-groups",
    // Lambda creates a missing log group itself, and keeps its events forever.
    rule: "every lambda writes to a log group of its own stack",
    check: ({ json }) =>
      resourcesFailing(json, FUNCTION, ({ logging_config }) => logging_config?.log_group?.startsWith(`\${${LOG_GROUP}.`)),
    counterExamples: [
      { title: "a lambda without a log group in the stack", change: ({ json }) => delete firstResource(json, FUNCTION).logging_config },
    ],
  },
  {
    id: "permissions-boundary",
    rule: "every lambda has an execution role of its own stack, every role of a domain has the permissions boundary of the domain, and every deploy role has the one of deploy roles",
    noExceptions: "A role without the permissions boundary can be given every permission in the account.",
    check: ({ json, description }) => {
      const ofDomain = `-${boundaryParameter(deployedDomain(description))}.`;
      const ofDeployRoles = new RegExp(`${deployBoundaryName(deployedIdentity(description))}$|aws_iam_policy.deploy-boundary`);
      const isFoundation = [ACCESS, FOUNDATION].includes(description.domain);
      // Without deploy roles, the foundation has a role for the flow log of its network only.
      const hasDeployRoles = resourcesOf(json, ROLE).some(({ attributes }) => /-apply$/.test(attributes.name));
      const hasBoundary = ({ permissions_boundary: boundary = "", name }: Json) =>
        isFoundation
          ? !hasDeployRoles || ofDeployRoles.test(boundary) || name === operatorRoleName(deployedIdentity(description))
          : boundary.includes(ofDomain);
      return [
        ...resourcesFailing(json, FUNCTION, ({ role }) => referredResource(json, ROLE, role)),
        ...resourcesFailing(json, ROLE, hasBoundary),
      ];
    },
    counterExamples: [
      {
        title: "an execution role without a permissions boundary",
        change: ({ json }) => delete firstResource(json, ROLE, /work/).permissions_boundary,
      },
      {
        title: "an execution role with another permissions boundary",
        change: ({ json }) => Object.assign(firstResource(json, ROLE, /work/), { permissions_boundary: "arn:aws:iam::aws:policy/A" }),
      },
      {
        title: "a role of a schedule without a permissions boundary",
        change: ({ json }) => delete firstResource(json, ROLE, /once/).permissions_boundary,
      },
      {
        title: "the permissions boundary of another domain",
        change: ({ json }) =>
          Object.assign(firstResource(json, ROLE, /work/), {
            permissions_boundary: `\${data.aws_ssm_parameter.read-shared-v1-otherBoundaryArn.insecure_value}`,
          }),
      },
      {
        title: "a deploy role without a permissions boundary",
        specimen: "shared",
        change: ({ json }) => delete firstResource(json, ROLE, /apply/).permissions_boundary,
      },
      {
        title: "the role of the flow log without a permissions boundary",
        specimen: "shared",
        change: ({ json }) => delete firstResource(json, ROLE, /flow-log/).permissions_boundary,
      },
      {
        title: "a deploy role with the boundary of a domain",
        specimen: "shared",
        change: ({ json }) =>
          Object.assign(firstResource(json, ROLE, /apply/), { permissions_boundary: `\${aws_iam_policy.sample-boundary.arn}` }),
      },
      {
        title: "an execution role that is not in the stack",
        change: ({ json }) => Object.assign(firstResource(json, FUNCTION), { role: "arn:aws:iam::222222222222:role/admin" }),
      },
    ],
  },
  {
    id: "lambda-aliases",
    rule: "everything that invokes a lambda invokes its alias, never the function itself",
    check: ({ json }) => [
      ...INVOKERS.flatMap(({ type, invoked }) => resourcesFailing(json, type, (attributes) => invoked(attributes).every(isAlias))),
      ...allResources(json)
        .filter(({ type, attributes }) => !REFER_TO_FUNCTIONS.includes(type) && JSON.stringify(attributes).includes(`\${${FUNCTION}.`))
        .map(({ address }) => ({ resource: address })),
    ],
    counterExamples: [
      {
        title: "an event source mapping of the function",
        change: ({ json }) =>
          Object.assign(firstResource(json, MAPPING), { function_name: "arn:aws:lambda:eu-west-1:222222222222:function:work" }),
      },
      {
        title: "a resource of another type that invokes the function",
        change: ({ json }) => {
          json.resource.aws_cloudwatch_log_subscription_filter = { one: { destination_arn: `\${${FUNCTION}.work.arn}` } };
        },
      },
      { title: "a permission without the alias", change: ({ json }) => delete firstResource(json, PERMISSION).qualifier },
      {
        title: "an event rule that invokes the function",
        change: ({ json }) => Object.assign(firstResource(json, EVENT_RULE_TARGET), { arn: "arn:function" }),
      },
      {
        title: "a topic that invokes the function",
        change: ({ json }) => Object.assign(firstResource(json, SUBSCRIPTION), { endpoint: "arn:function" }),
      },
      {
        title: "a schedule that invokes the function",
        change: ({ json }) => Object.assign(firstResource(json, SCHEDULE).target, { arn: "arn:function" }),
      },
      {
        title: "a bucket that invokes the function",
        change: ({ json }) => Object.assign(firstResource(json, NOTIFICATION).lambda_function[0], { lambda_function_arn: "arn:function" }),
      },
    ],
  },
  {
    id: "lambda-code",
    rule: "every lambda's zip is in the folder of its stack, and source_code_hash is the hash of the zip",
    noExceptions: "Terraform could not deploy the lambda, or would not notice that its code has changed.",
    check: ({ json, folder }) =>
      resourcesFailing(json, FUNCTION, ({ filename, source_code_hash }) => {
        const zip = join(folder, filename);
        return existsSync(zip) && createHash("sha256").update(readFileSync(zip)).digest("base64") === source_code_hash;
      }),
    counterExamples: [
      { title: "the hash of other code", change: ({ json }) => Object.assign(firstResource(json, FUNCTION), { source_code_hash: "AAAA" }) },
      {
        title: "a zip that does not exist",
        change: ({ json }) => Object.assign(firstResource(json, FUNCTION), { filename: "lambdas/gone.zip" }),
      },
    ],
  },
];

/** The resources that invoke lambdas, and the references that must be those of aliases. */
const INVOKERS: { type: string; invoked: (attributes: Json) => unknown[] }[] = [
  { type: MAPPING, invoked: ({ function_name }) => [function_name] },
  { type: PERMISSION, invoked: ({ qualifier }) => [qualifier] },
  { type: "aws_apigatewayv2_integration", invoked: ({ integration_uri }) => [integration_uri] },
  { type: EVENT_RULE_TARGET, invoked: ({ arn }) => [arn] },
  { type: SCHEDULE, invoked: ({ target }) => [target.arn] },
  { type: SUBSCRIPTION, invoked: ({ protocol, endpoint }) => (protocol === "lambda" ? [endpoint] : []) },
  {
    type: NOTIFICATION,
    invoked: ({ lambda_function = [] }) => lambda_function.map(({ lambda_function_arn }: Json) => lambda_function_arn),
  },
];

/** The types of resources that refer to a function without invoking it. */
const REFER_TO_FUNCTIONS = [
  "aws_cloudwatch_dashboard",
  "aws_cloudwatch_metric_alarm",
  "aws_lambda_alias",
  "aws_lambda_function_event_invoke_config",
  "aws_lambda_permission",
  "aws_lambda_provisioned_concurrency_config",
  "aws_lambda_runtime_management_config",
  "aws_ssm_parameter",
];

function isAlias(reference: unknown): boolean {
  return typeof reference === "string" && reference.startsWith("${aws_lambda_alias.");
}

/** The description of a lambda, whose `logRetentionDays` is the lambda's own option. */
function describedLambda({ description: { lambdas } }: SynthesizedStack, name: string): LambdaDescription {
  const found = lambdas.find((lambda) => lambda.name === name);
  if (!found) throw new Error(`The specimen has no lambda ${name}`);
  return found;
}
