import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import type { Json } from "../__tests__/harness/synth";
import type { Rule } from "./convention";

/** Rules of what may stand in the artifact at all: it is the same everywhere, for the oldest provider too, and tells no secret. */

/**
 * Typed in the bindings (of provider 6.25.0) and unknown to AWS provider 5.100.0, the oldest of the range: of the types in use, by
 * comparing their docs with `terraform providers schema -json`. `npm run validate` refuses the same only where 5.100.0 is installed.
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

/** Names of all attributes that have a value, in blocks too. */
function attributesOf(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(attributesOf);
  return Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [name, ...attributesOf(inner)]));
}

export const knownAttributes: Rule = ({ json }) =>
  [json.resource, json.data].flatMap((types = {}) =>
    Object.entries<Json>(types).flatMap(([type, byId]) =>
      Object.entries<Json>(byId).flatMap(([id, resource]) => [
        ...(resource.region == null ? [] : [`${type}.${id}.region`]),
        ...attributesOf(resource)
          .filter((attribute) => UNKNOWN_TO_OLDEST_PROVIDER[type]?.includes(attribute))
          .map((attribute) => `${type}.${id}.${attribute}`),
      ]),
    ),
  );

/** Every text in a stack, keys among them. */
function texts(value: Json): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)]) : [];
}

/** What Terraform may look up when it plans: the same in every account, or written by a stack of this project. */
const LOOKED_UP = ["aws_availability_zones", "aws_iam_policy_document", "aws_ssm_parameter"];
const CLOCK = /\b20\d\d-\d\d-\d\dT|\b1[6-9]\d{11}\b|\b(plan)?timestamp\(\)/;

/** Without what may tell a time because its author wrote it: `at(…)`, its input, examples of events, and their schemas' defaults. */
const withoutAuthorsTimes = (artifact: Json): Json =>
  JSON.parse(
    JSON.stringify(artifact, (key, value) => (["schedule_expression", "input", "sample", "events"].includes(key) ? undefined : value)),
  );

/** The artifact is the same on every machine, at every time, for every account. */
export const portable: Rule = ({ json, description, folder }) => {
  const places = [process.cwd(), homedir(), resolve(folder, "../../..")].filter((place) => place !== "/");
  return [
    ...Object.keys(json.data ?? {})
      .filter((type) => !LOOKED_UP.includes(type))
      .map((type) => `looks up ${type}`),
    ...texts(withoutAuthorsTimes([json, description])).flatMap((text) => {
      const [, firstFolder] = /^(\/[^/]+)\//.exec(text) ?? [];
      if ((firstFolder && existsSync(firstFolder)) || places.some((place) => text.includes(place)))
        return [`holds a path of this machine: ${text}`];
      return CLOCK.test(text) ? [`holds a time: ${text}`] : [];
    }),
  ];
};

/** What Terraform and AWS call a secret. */
const SECRET_ATTRIBUTE = /^(\w+_)?(password|secret|secret_string|secret_binary|private_key|auth_token|api_key)(_wo)?$/;
/** Keys of AWS and GitHub, private keys, tokens, and passwords in addresses. */
const SECRET_TEXT = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[opsu]_\w{36}|-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]+\.eyJ|:\/\/[^/\s:@]+:[^/\s@]+@/;

/** State, plan and artifact are read by many: a secret is made outside of Terraform. */
export const noSecrets: Rule = ({ json, description }) => {
  const ofThisShell = Object.entries(process.env).flatMap(([name, value = ""]) =>
    /SECRET|TOKEN|PASSWORD|CREDENTIAL/i.test(name) && value.length > 8 ? [value] : [],
  );
  return [
    ...Object.entries<Json>(json.resource ?? {}).flatMap(([type, byId]) =>
      attributesOf(Object.values(byId))
        .filter((name) => SECRET_ATTRIBUTE.test(name))
        .map((name) => `${type} has ${name}`),
    ),
    ...texts([json, description])
      .filter((text) => SECRET_TEXT.test(text) || ofThisShell.some((secret) => text.includes(secret)))
      .map(() => "holds what looks like a secret"),
  ];
};

/** What would write a secret's value into the state: SSM's and Secrets Manager's own, and a parameter's `value` is one. */
export const secretValues: Rule = ({ json, description: { secrets } }) => [
  ...["resource", "data"].flatMap((kind) =>
    Object.entries<Json>(json[kind] ?? {}).flatMap(([type, byId]) =>
      Object.entries<Json>(byId)
        .filter(
          ([, { name, type: kindOfParameter, value }]) =>
            /^aws_secretsmanager|^random_password/.test(type) ||
            secrets.some(({ parameter }) => parameter === name) ||
            (type === "aws_ssm_parameter" && (kindOfParameter === "SecureString" || value !== undefined)),
        )
        .map(([id]) => `${kind}.${type}.${id}`),
    ),
  ),
  ...texts(json).filter((text) => /data\.aws_ssm_parameter\.[\w-]+\.value\b/.test(text)),
];

export const ownAccount: Rule = ({ json, description, environment }) => {
  const [{ allowed_account_ids, default_tags }] = json.provider.aws;
  const { tags } = default_tags[0];
  return [
    ...(allowed_account_ids.length === 1 && allowed_account_ids[0] === environment.account ? [] : ["allows another account than its own"]),
    ...["project", "domain", "environment"].filter((tag) => tags[tag] !== description[tag as "project"]).map((tag) => `has no tag ${tag}`),
    ...(tags.repository ? [] : ["has no tag repository"]),
  ];
};
