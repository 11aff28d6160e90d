import { homedir } from "node:os";
import { join } from "node:path";
import type { Json } from "../__tests__/harness/synth";
import * as rules from "./artifact";
import type { Rule } from "./convention";
import * as nameRules from "./names";
import { type Damage, one } from "./violations";

const ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration";
const FUNCTION = "aws_lambda_function";
const LOG_GROUP = "aws_cloudwatch_log_group";
const QUEUE = "aws_sqs_queue";
const variables = (json: Json, added: object): void => {
  Object.assign(one(json, FUNCTION).environment.variables, added);
};

process.env.A_TOKEN = "not-to-be-told";

/** Each rule of what may stand in the artifact and how it is named, and what breaks it. */
export const ARTIFACT_CONVENTIONS: [string, Rule, [string, string, Damage][]][] = [
  [
    "only attributes that the oldest provider of the range knows are used",
    rules.knownAttributes,
    [
      ["sample", "a region", (json) => (one(json, QUEUE).region = "eu-west-1")],
      ["sample", "an attribute in a block", (json) => (one(json, ENCRYPTION).rule[0].blocked_encryption_types = ["SSE-C"])],
      ["sample", "an attribute of a log group", (json) => (one(json, LOG_GROUP).deletion_protection_enabled = true)],
      ["sample", "an attribute of a function", (json) => (one(json, FUNCTION).source_kms_key_arn = "arn:key")],
    ],
  ],
  [
    "the artifact holds no path, no time and no account that was looked up",
    rules.portable,
    [
      ["sample", "an absolute path", (json) => (one(json, FUNCTION).filename = join(__dirname, "lambdas/work.zip"))],
      ["sample", "a lookup of the account", (json) => (json.data.aws_caller_identity = { me: {} })],
      ["sample", "a path in a text", (json) => (json.output.built = { value: `built in ${homedir()}/shop` })],
      ["sample", "a lookup of what is there", (json) => (json.data.aws_vpc = { one: {} })],
      ["sample", "a date", (json) => (json.output.built = { value: new Date().toISOString() })],
      ["sample", "the clock of Terraform", (json) => (json.output.built = { value: "built at timestamp()" })],
      ["sample", "the clock of JavaScript", (_, description) => (description.project = `${Date.now()}`)],
    ],
  ],
  [
    "the artifact holds no secret",
    rules.noSecrets,
    [
      ["sample", "a key of AWS", (json) => variables(json, { KEY: `AKIA${"A".repeat(16)}` })],
      ["sample", "a private key", (json) => variables(json, { KEY: "-----BEGIN RSA PRIVATE KEY-----" })],
      ["sample", "a password in an address", (json) => variables(json, { DATABASE: "postgres://shop:hunter2@example.com" })],
      ["sample", "a secret of the shell", (json) => variables(json, { KEY: `key-${process.env.A_TOKEN}` })],
      ["sample", "a password", (json) => (json.resource.aws_db_instance = { one: { password: "hunter2" } })],
      ["sample", "a secret's value", (json) => (json.resource.aws_secretsmanager_secret_version = { one: { secret_string: "hunter2" } })],
    ],
  ],
  [
    "no secret's value is in the state: it is read by lambdas, and by no resource or data source",
    rules.secretValues,
    [
      [
        "sample",
        "a data source of a secret",
        (json, { secrets }) => (json.data.aws_ssm_parameter.key = { name: secrets[0]?.parameter, with_decryption: true }),
      ],
      ["sample", "a secret that Terraform makes", (json, { secrets }) => (one(json, "aws_ssm_parameter").name = secrets[0]?.parameter)],
      ["sample", "a parameter whose value is kept as a secret", (json) => (one(json, "aws_ssm_parameter").value = "plain")],
      ["sample", "a parameter that is a secret", (json) => (one(json, "aws_ssm_parameter").type = "SecureString")],
      ["sample", "a use of a parameter's secret value", (json) => (json.output.key = { value: `\${data.aws_ssm_parameter.key.value}` })],
      ["sample", "a lookup in Secrets Manager", (json) => (json.data.aws_secretsmanager_secret_version = { key: {} })],
    ],
  ],
  [
    "every stack is applied to its own account only, and tags what it makes",
    rules.ownAccount,
    [
      ["sample", "an account more", (json) => json.provider.aws[0].allowed_account_ids.push("333333333333")],
      ["sample", "no tag of the environment", (json) => delete json.provider.aws[0].default_tags[0].tags.environment],
      ["sample", "no tag of the repository", (json) => delete json.provider.aws[0].default_tags[0].tags.repository],
    ],
  ],
  [
    "every name is one that AWS takes",
    nameRules.allowedNames,
    [
      ["sample", "a name that is too long", (json) => (one(json, FUNCTION).function_name = "a".repeat(65))],
      ["sample", "a name with a space", (json) => (one(json, QUEUE).name = "two words")],
      ["sample", "a name of a kind that no rule knows", (json) => (json.resource.aws_ecs_cluster = { one: { name: "shop" } })],
      ["sample", "a name that AWS keeps", (json) => (one(json, "aws_ssm_parameter").name = "/aws/things")],
    ],
  ],
  [
    "every name tells project, domain and environment",
    nameRules.ownNames,
    [
      ["sample", "a name of nothing", (json) => (one(json, QUEUE).name = "things")],
      ["sample", "another domain's name", (json) => (one(json, QUEUE).name = "shop-orders-live-things")],
      ["sample", "another domain's parameter", (json) => (one(json, "aws_ssm_parameter").name = "/shop/live/orders/v1/queueUrl")],
    ],
  ],
];
