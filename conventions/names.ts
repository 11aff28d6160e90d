import { ACCESS, deployedIdentity, FOUNDATION, resourceName, rolePath } from "../shared/naming";
import {
  allResources,
  type Convention,
  duplicatesIn,
  firstResource,
  resourcesFailing,
  resourcesOf,
  type SynthesizedStack,
  type TerraformBlock,
} from "./convention";

const BUCKET = "aws_s3_bucket";
const FUNCTION = "aws_lambda_function";
const PARAMETER = "aws_ssm_parameter";
const QUEUE = "aws_sqs_queue";
const ROLE = "aws_iam_role";

/** AWS accepts every name, and every name shows whose it is. */
export const nameConventions: Convention[] = [
  {
    id: "allowed-names",
    rule: "AWS accepts the name of every resource",
    check: (stack) => [
      ...namedResources(stack)
        .filter(({ resource, name }) => !NAMES[resource.type]?.allowed.test(name))
        .map(({ resource, name }) => ({ resource: resource.address, problem: `AWS rejects the name "${name}"` })),
      ...allResources(stack.json)
        .filter(({ type, attributes }) => !NAMES[type] && !NAMED_WITHIN_ANOTHER.includes(type) && typeof attributes.name === "string")
        .map(({ type, address }) => ({ resource: address, problem: `add the rule for the names of ${type} to conventions/names.ts` })),
    ],
    counterExamples: [
      {
        title: "a name that is too long",
        change: ({ json }) => Object.assign(firstResource(json, FUNCTION), { function_name: "a".repeat(65) }),
      },
      { title: "a name with a space", change: ({ json }) => Object.assign(firstResource(json, QUEUE), { name: "two words" }) },
      {
        title: "a name of a type without a rule for names",
        change: ({ json }) => {
          json.resource.aws_ecs_cluster = { one: { name: "shop" } };
        },
      },
      {
        title: "a name that is reserved for AWS",
        change: ({ json }) => Object.assign(firstResource(json, PARAMETER), { name: "/aws/things" }),
      },
    ],
  },
  {
    id: "own-names",
    rule: "every name contains the project, the domain and the environment",
    check: (stack) => {
      const { project, environment, domain } = deployedIdentity(stack.description);
      const prefixes = [resourceName({ project, domain, environment }), `/${project}/${environment}/${domain}/`];
      // The name of a deploy role has the domain that it deploys, and not the one of its stack.
      const isDeployRole = (type: string, name: string) =>
        type === ROLE && [ACCESS, FOUNDATION].includes(domain) && name.startsWith(`${project}-${environment}-`);
      return namedResources(stack)
        .filter(({ resource, name }) => !prefixes.some((prefix) => name.includes(prefix)) && !isDeployRole(resource.type, name))
        .map(({ resource, name }) => ({
          resource: resource.address,
          problem: `the name "${name}" does not contain "${prefixes.join('" or "')}"`,
        }));
    },
    counterExamples: [
      {
        title: "a name without project, domain and environment",
        change: ({ json }) => Object.assign(firstResource(json, QUEUE), { name: "things" }),
      },
      {
        title: "the name of another domain",
        change: ({ json }) => Object.assign(firstResource(json, QUEUE), { name: "shop-orders-live-things" }),
      },
      {
        title: "a deploy role in the stack of a domain",
        change: ({ json }) => Object.assign(firstResource(json, ROLE), { name: "shop-live-sample-apply" }),
      },
      {
        title: "a deploy role of another environment",
        specimen: "shared",
        change: ({ json }) => Object.assign(firstResource(json, ROLE), { name: "shop-int-sample-apply" }),
      },
      {
        title: "the parameter of another domain",
        change: ({ json }) => Object.assign(firstResource(json, PARAMETER), { name: "/shop/live/orders/v1/queueUrl" }),
      },
    ],
  },
  {
    id: "role-paths",
    rule: "every role is below the path of its domain",
    check: ({ json, description }) => resourcesFailing(json, ROLE, ({ path }) => path === rolePath(deployedIdentity(description))),
    counterExamples: [
      { title: "a role without a path", change: ({ json }) => delete firstResource(json, ROLE).path },
      {
        title: "a role below the path of another domain",
        change: ({ json }) => Object.assign(firstResource(json, ROLE), { path: "/shop/live/orders/" }),
      },
    ],
  },
  {
    id: "unique-names",
    rule: "no two resources of an account have the same name, and every bucket has a name that is unique across all AWS accounts",
    noExceptions: "AWS would reject the second resource, or the second stack would overwrite the first one's.",
    check: (stack, stacks) => {
      const duplicates = duplicatesIn(stacks.flatMap((each) => namedResources(each).map((named) => uniqueName(each, named))));
      return namedResources(stack)
        .map((named) => ({ ...named, unique: uniqueName(stack, named) }))
        .filter(({ unique }) => duplicates.has(unique))
        .map(({ resource, unique }) => ({ resource: resource.address, problem: `another resource has the same name: ${unique}` }));
    },
    counterExamples: [
      {
        title: "two queues of an account with the same name",
        change: ({ json }) =>
          Object.assign(firstResource(json, QUEUE, /entries/), { name: firstResource(json, QUEUE, /things_queue/).name }),
        finds: "222222222222 aws_sqs_queue shop-sample-live-things",
      },
      {
        title: "two buckets of different accounts with the same name",
        change: (stack, stacks) => {
          const inAnotherAccount = structuredClone(stack);
          inAnotherAccount.json.resource = { [BUCKET]: stack.json.resource[BUCKET] };
          inAnotherAccount.description.account = "333333333333";
          stacks.push(inAnotherAccount);
        },
        finds: "the world aws_s3_bucket ",
      },
    ],
  },
];

/** The attribute with the name of a resource, and the characters and the length that AWS accepts. From the API reference of each service. */
const NAMES: Record<string, { attribute: string; allowed: RegExp }> = {
  aws_apigatewayv2_api: { attribute: "name", allowed: /^.{1,128}$/ },
  aws_cloudwatch_dashboard: { attribute: "dashboard_name", allowed: /^[\w-]{1,255}$/ },
  aws_cloudwatch_event_archive: { attribute: "name", allowed: /^[\w.-]{1,48}$/ },
  aws_cloudwatch_event_bus: { attribute: "name", allowed: /^[\w./-]{1,256}$/ },
  aws_cloudwatch_event_rule: { attribute: "name", allowed: /^[\w.-]{1,64}$/ },
  aws_cloudwatch_log_group: { attribute: "name", allowed: /^[\w./#-]{1,512}$/ },
  aws_cloudwatch_metric_alarm: { attribute: "alarm_name", allowed: /^.{1,255}$/ },
  aws_dynamodb_table: { attribute: "name", allowed: /^[\w.-]{3,255}$/ },
  aws_iam_policy: { attribute: "name", allowed: /^[\w+=,.@-]{1,128}$/ },
  aws_iam_role: { attribute: "name", allowed: /^[\w+=,.@-]{1,64}$/ },
  aws_kinesis_stream: { attribute: "name", allowed: /^[\w.-]{1,128}$/ },
  aws_kms_alias: { attribute: "name", allowed: /^alias\/(?!aws\/)[\w/-]{1,250}$/ },
  aws_lambda_function: { attribute: "function_name", allowed: /^[\w-]{1,64}$/ },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  aws_s3_bucket: {
    attribute: "bucket",
    allowed: /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias|--ol-s3|--x-s3)$/,
  },
  aws_scheduler_schedule: { attribute: "name", allowed: /^[\w.-]{1,64}$/ },
  aws_security_group: { attribute: "name", allowed: /^(?!sg-)[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/ },
  aws_sns_topic: { attribute: "name", allowed: /^(?=.{1,256}$)[\w-]+(\.fifo)?$/ },
  aws_sqs_queue: { attribute: "name", allowed: /^(?=.{1,80}$)[\w-]+(\.fifo)?$/ },
  aws_ssm_parameter: { attribute: "name", allowed: /^(?!\/(aws|ssm))(\/[\w.-]+){1,15}$/i },
};

/** Types whose names are unique within another resource: a function's alias, a role's policy, an API's stage, a stream's consumer. */
const NAMED_WITHIN_ANOTHER = [
  "aws_apigatewayv2_authorizer",
  "aws_apigatewayv2_stage",
  "aws_iam_role_policy",
  "aws_kinesis_stream_consumer",
  "aws_lambda_alias",
];

interface NamedResource {
  resource: TerraformBlock;
  name: string;
}

/** The resources that have a name in the account. Routes, for example, have none. */
function namedResources({ json }: SynthesizedStack): NamedResource[] {
  return Object.entries(NAMES).flatMap(([type, { attribute }]) =>
    resourcesOf(json, type).map((resource) => ({ resource, name: resource.attributes[attribute] })),
  );
}

/** A name with the place in which it must be unique. */
function uniqueName({ description }: SynthesizedStack, { resource: { type }, name }: NamedResource): string {
  return `${type === BUCKET ? "the world" : description.account} ${type} ${name}`;
}
