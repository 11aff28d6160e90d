import { each, type SynthesizedStack } from "./convention";

/** Where a resource's name stands, and the longest and the characters that AWS takes. From each service's API reference. */
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

/** Names that are told apart by what they belong to: a function's alias, a role's policy, an API's stage, a stream's reader. */
const INNER = [
  "aws_apigatewayv2_authorizer",
  "aws_apigatewayv2_stage",
  "aws_iam_role_policy",
  "aws_kinesis_stream_consumer",
  "aws_lambda_alias",
];

/** Names in this account, `type name`. Tags, routes and what else has no name of its own are not among them. */
function namesOf({ json }: SynthesizedStack): { type: string; name: string }[] {
  return Object.entries(NAMES).flatMap(([type, { attribute }]) =>
    each(json, type).map(([, resource]) => ({ type, name: resource[attribute] })),
  );
}

export const allowedNames = (stack: SynthesizedStack): string[] => [
  ...namesOf(stack)
    .filter(({ type, name }) => !NAMES[type]?.allowed.test(name))
    .map(({ type, name }) => `${type} ${name}`),
  ...Object.keys(stack.json.resource ?? {})
    .filter((type) => !NAMES[type] && !INNER.includes(type) && each(stack.json, type).some(([, { name }]) => typeof name === "string"))
    .map((type) => `${type}: nobody says here which names it may have`),
];

export const ownNames = (stack: SynthesizedStack): string[] => {
  const { project, domain, environment } = stack.description;
  const prefixes = [`${project}-${domain}-${environment}`, `/${project}/${environment}/${domain}/`];
  return namesOf(stack)
    .filter(({ name }) => !prefixes.some((prefix) => name.includes(prefix)))
    .map(({ type, name }) => `${type} ${name}`);
};

/** Over all stacks: texts that are there twice. */
const twice = (all: string[]) => all.filter((text, index) => all.indexOf(text) !== index);

/** A bucket's name is unique in the world, every other's in its account. */
export const uniqueNames = (stacks: SynthesizedStack[]): string[] =>
  twice(
    stacks.flatMap((stack) =>
      namesOf(stack).map(({ type, name }) => `${type === "aws_s3_bucket" ? "the world" : stack.description.account} ${type} ${name}`),
    ),
  );

/** Whatever the backend calls the place: a local path, an S3 key, a workspace of HCP Terraform. */
const stateOf = ({ json: { terraform } }: SynthesizedStack): string => {
  const { local, s3, remote } = terraform.backend ?? {};
  return local?.path ?? s3?.key ?? JSON.stringify(remote?.workspaces ?? terraform.cloud?.workspaces) ?? "nowhere";
};
const workspaceOf = ({ description: { project, domain, environment } }: SynthesizedStack) => `${project}-${domain}-${environment}`;

export const uniqueStates = (stacks: SynthesizedStack[]): string[] => [
  ...twice(stacks.map(stateOf)),
  ...stacks.map(stateOf).filter((place) => place.startsWith("/") || place === "nowhere"),
];

export const uniqueWorkspaces = (stacks: SynthesizedStack[]): string[] => [
  ...twice(stacks.map(workspaceOf)),
  // https://developer.hashicorp.com/terraform/cloud-docs/workspaces/create
  ...stacks.map(workspaceOf).filter((name) => !/^[\w-]{1,90}$/.test(name)),
];

/** Over all stacks: who reads what nobody publishes. */
export const publishedContracts = (stacks: SynthesizedStack[]): string[] => {
  const published = stacks.flatMap(({ json }) => each(json, "aws_ssm_parameter").map(([, { name }]) => name));
  const read = stacks.flatMap(({ json }) => Object.values<{ name: string }>(json.data?.aws_ssm_parameter ?? {}).map(({ name }) => name));
  return read.filter((name) => !published.includes(name));
};
