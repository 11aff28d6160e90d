import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { deployedIdentity } from "../shared/naming";
import {
  allDataSources,
  allResources,
  attributeNamesIn,
  type Convention,
  firstResource,
  type Json,
  resourcesOf,
  textsIn,
  type Violation,
} from "./convention";

const BUCKET_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration";
const FUNCTION = "aws_lambda_function";
const LOG_GROUP = "aws_cloudwatch_log_group";
const QUEUE = "aws_sqs_queue";

/** The artifact is the same on every machine and at every time, every supported provider accepts it, and `domain.json` describes it. */
export const artifactConventions: Convention[] = [
  {
    id: "oldest-provider",
    rule: "a stack uses only attributes that the oldest version of the AWS provider in the allowed range knows",
    noExceptions: "Terraform could not plan the stack with that version of the provider.",
    check: ({ json }) =>
      [...allResources(json), ...allDataSources(json)].flatMap(({ type, address, attributes }) => {
        const unknown = attributeNamesIn(attributes).filter((name) => UNKNOWN_TO_OLDEST_PROVIDER[type]?.includes(name));
        const region = attributes.region == null ? [] : ["region"];
        return [...unknown, ...region].map((name) => ({ resource: address, problem: `has the attribute ${name}` }));
      }),
    counterExamples: [
      { title: "the attribute region", change: ({ json }) => Object.assign(firstResource(json, QUEUE), { region: "eu-west-1" }) },
      {
        title: "an attribute in a nested block",
        change: ({ json }) => Object.assign(firstResource(json, BUCKET_ENCRYPTION).rule[0], { blocked_encryption_types: ["SSE-C"] }),
      },
      {
        title: "an attribute of a log group",
        change: ({ json }) => Object.assign(firstResource(json, LOG_GROUP), { deletion_protection_enabled: true }),
      },
      {
        title: "an attribute of a function",
        change: ({ json }) => Object.assign(firstResource(json, FUNCTION), { source_kms_key_arn: "arn:key" }),
      },
    ],
  },
  {
    id: "portable-artifact",
    rule: "the artifact contains no machine-specific path, no timestamp, and no lookup whose result depends on the account",
    noExceptions: "The same commit would give a different artifact on another machine, at another time or for another account.",
    check: ({ json, description, folder }) => {
      const pathsOfThisMachine = [process.cwd(), homedir(), resolve(folder, "../../..")].filter((path) => path !== "/");
      const texts = textsIn(withoutTimesOfAuthors([json, description]));
      return [
        ...allDataSources(json)
          .filter(({ type }) => !ALLOWED_DATA_SOURCES.includes(type))
          .map(({ address }) => ({ resource: address, problem: "a data source of this type can differ between accounts" })),
        ...texts.flatMap((text): Violation[] => {
          if (isExistingPath(text) || pathsOfThisMachine.some((path) => text.includes(path))) {
            return [{ problem: `contains a path of this machine: ${text}` }];
          }
          return CLOCK.test(text) ? [{ problem: `contains a time: ${text}` }] : [];
        }),
      ];
    },
    counterExamples: [
      {
        title: "an absolute path",
        change: ({ json }) => Object.assign(firstResource(json, FUNCTION), { filename: join(__dirname, "lambdas/work.zip") }),
      },
      {
        title: "a data source of the account",
        change: ({ json }) => {
          json.data.aws_caller_identity = { me: {} };
        },
      },
      {
        title: "a path in a text",
        change: ({ json }) => {
          json.output.built = { value: `built in ${homedir()}/shop` };
        },
      },
      {
        title: "a data source of an existing resource",
        change: ({ json }) => {
          json.data.aws_vpc = { one: {} };
        },
      },
      {
        title: "a date",
        change: ({ json }) => {
          json.output.built = { value: new Date().toISOString() };
        },
      },
      {
        title: "Terraform's function for the time",
        change: ({ json }) => {
          json.output.built = { value: "built at timestamp()" };
        },
      },
      { title: "JavaScript's number for the time", change: ({ description }) => Object.assign(description, { project: `${Date.now()}` }) },
    ],
  },
  {
    id: "own-account",
    rule: "every stack can be applied to its environment's account only",
    noExceptions: "Credentials of another environment could deploy the stack there.",
    check: ({ json, environment }) => {
      const accounts: string[] = json.provider.aws[0].allowed_account_ids;
      if (accounts.length === 1 && accounts[0] === environment.account) return [];
      return [{ problem: `allowed_account_ids is ${accounts.join(", ")}, but ${environment.name} has the account ${environment.account}` }];
    },
    counterExamples: [{ title: "a second account", change: ({ json }) => json.provider.aws[0].allowed_account_ids.push("333333333333") }],
  },
  {
    id: "default-tags",
    rule: "every stack tags its resources with project, domain, environment and repository",
    noExceptions: "The provider tags all resources of a stack, so that one resource cannot differ.",
    check: ({ json, description }) => {
      const { tags } = json.provider.aws[0].default_tags[0];
      const expected = Object.entries(deployedIdentity(description));
      return [
        ...expected
          .filter(([tag, value]) => tags[tag] !== value)
          .map(([tag, value]) => ({ problem: `the default tag ${tag} is ${tags[tag] ?? "not set"}, but must be ${value}` })),
        ...(tags.repository ? [] : [{ problem: "the default tag repository is not set" }]),
      ];
    },
    counterExamples: [
      { title: "a missing tag for the environment", change: ({ json }) => delete json.provider.aws[0].default_tags[0].tags.environment },
      { title: "a missing tag for the repository", change: ({ json }) => delete json.provider.aws[0].default_tags[0].tags.repository },
    ],
  },
  {
    id: "domain-description",
    rule: "domain.json describes every lambda, and only triggers, dead-letter queues, lambdas and log groups that exist",
    noExceptions: "The commands behind npm run know only what domain.json says.",
    check: ({ json, folder, description: { triggers, lambdas } }) => {
      const namesOf = (type: string, attribute: string) => resourcesOf(json, type).map(({ attributes }) => attributes[attribute]);
      const queues = namesOf(QUEUE, "name");
      const functions = namesOf(FUNCTION, "function_name");
      const logGroups = namesOf(LOG_GROUP, "name");
      const problems = [
        ...triggers.filter(({ output }) => !json.output?.[output]).map(({ id, output }) => `${id} has no output ${output}`),
        ...triggers.flatMap(({ id, deadLetterQueues }) =>
          deadLetterQueues
            .flatMap(({ name, source = name }) => [name, source])
            .filter((name) => !queues.includes(name))
            .map((name) => `${id} names the queue ${name}, which does not exist`),
        ),
        ...triggers.flatMap(({ id, lambdas: invoked }) =>
          invoked
            .filter((name) => !lambdas.some((lambda) => lambda.name === name))
            .map((name) => `${id} invokes ${name}, which does not exist`),
        ),
        ...lambdas.filter(({ functionName }) => !functions.includes(functionName)).map(({ name }) => `${name} has no function`),
        ...functions
          .filter((name) => !lambdas.some(({ functionName }) => functionName === name))
          .map((name) => `the function ${name} is not described`),
        ...lambdas.filter(({ logGroup }) => !logGroups.includes(logGroup)).map(({ name }) => `${name} has no log group`),
        ...lambdas.filter(({ zip }) => !existsSync(join(folder, zip))).map(({ name, zip }) => `${name} has no ${zip}`),
        ...lambdas.filter(({ source }) => !existsSync(source)).map(({ name, source }) => `${name} has no ${source}`),
      ];
      return problems.map((problem) => ({ problem }));
    },
    counterExamples: [
      { title: "a trigger without its output", change: ({ json }) => delete json.output },
      { title: "a lambda that is not described", change: ({ description }) => description.lambdas.pop() },
      {
        title: "a dead-letter queue that does not exist",
        change: ({ description }) => Object.assign(description.triggers[0] ?? {}, { deadLetterQueues: [{ name: "another" }] }),
      },
      {
        title: "a source queue that does not exist",
        change: ({ description }) => Object.assign(description.triggers[0]?.deadLetterQueues[0] ?? {}, { source: "another" }),
      },
      { title: "a lambda that does not exist", change: ({ description }) => description.triggers[0]?.lambdas.push("another") },
    ],
  },
];

/**
 * Attributes that the bindings of provider 6.25.0 have and AWS provider 5.100.0 does not know, which is the oldest in the allowed
 * range. They come from a comparison of the bindings with `terraform providers schema -json`, for the types that this project uses.
 * `npm run validate` finds them too, but only where provider 5.100.0 is installed.
 */
const UNKNOWN_TO_OLDEST_PROVIDER: Record<string, string[]> = {
  aws_cloudwatch_event_archive: ["kms_key_identifier"],
  aws_cloudwatch_event_bus: ["log_config"],
  aws_cloudwatch_log_group: ["deletion_protection_enabled"],
  aws_dynamodb_table: ["warm_throughput", "global_table_witness", "consistency_mode"],
  aws_flow_log: ["regional_nat_gateway_id"],
  aws_kinesis_stream: ["max_record_size_in_kib"],
  aws_kinesis_stream_consumer: ["tags", "tags_all"],
  aws_lambda_event_source_mapping: ["schema_registry_config"],
  aws_lambda_function: ["publish_to", "source_kms_key_arn", "capacity_provider_config", "durable_config", "tenancy_config"],
  aws_nat_gateway: ["availability_mode", "availability_zone_address", "vpc_id"],
  aws_s3_bucket_public_access_block: ["skip_destroy"],
  aws_s3_bucket_server_side_encryption_configuration: ["blocked_encryption_types"],
  aws_scheduler_schedule: ["action_after_completion"],
};

/** Data sources that are the same in every account, or that a stack of this project wrote. */
const ALLOWED_DATA_SOURCES = ["aws_availability_zones", "aws_iam_policy_document", "aws_ssm_parameter"];

/** A date with a time, milliseconds since 1970, and Terraform's functions for the time. */
const CLOCK = /\b20\d\d-\d\d-\d\dT|\b1[6-9]\d{11}\b|\b(plan)?timestamp\(\)/;

/** Texts in which an author can write a time: a schedule and its input, examples and defaults of events, reasons of exceptions. */
const TEXTS_OF_AUTHORS = ["schedule_expression", "input", "sample", "events", "because"];

function withoutTimesOfAuthors(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (key, inner) => (TEXTS_OF_AUTHORS.includes(key) ? undefined : inner)));
}

/** Whether a text is an absolute path whose first folder exists on this machine. */
function isExistingPath(text: string): boolean {
  const [, firstFolder] = /^(\/[^/]+)\//.exec(text) ?? [];
  return firstFolder !== undefined && existsSync(firstFolder);
}
