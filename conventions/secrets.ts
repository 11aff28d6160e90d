import { containsSecret } from "../shared/stack/secret-text";
import { allDataSources, allResources, attributeNamesIn, type Convention, firstResource, type Json, textsIn } from "./convention";

const FUNCTION = "aws_lambda_function";
const PARAMETER = "aws_ssm_parameter";

/** No secret is in the artifact or in Terraform's state, which many people can read. */
export const secretConventions: Convention[] = [
  {
    id: "no-secrets-in-artifact",
    rule: "the artifact contains no secret",
    noExceptions: "Everyone who can read the artifact, a plan or the state could read the secret.",
    check: ({ json, description }) => {
      const secretsOfThisShell = Object.entries(process.env).flatMap(([name, value = ""]) =>
        /SECRET|TOKEN|PASSWORD|CREDENTIAL/i.test(name) && value.length > 8 ? [value] : [],
      );
      const isSecret = (text: string) => containsSecret(text) || secretsOfThisShell.some((secret) => text.includes(secret));
      return [
        ...allResources(json).flatMap(({ address, attributes }) =>
          attributeNamesIn(attributes)
            .filter((name) => SECRET_ATTRIBUTE.test(name))
            .map((name) => ({ resource: address, problem: `has the attribute ${name}` })),
        ),
        // The text itself is not printed, because a log would then contain the secret.
        ...textsIn([json, description])
          .filter(isSecret)
          .map(() => ({ problem: "a text looks like a secret" })),
      ];
    },
    counterExamples: [
      { title: "an access key of AWS", change: ({ json }) => addVariable(json, `AKIA${"A".repeat(16)}`) },
      { title: "a private key", change: ({ json }) => addVariable(json, "-----BEGIN RSA PRIVATE KEY-----") },
      { title: "a token of HCP Terraform", change: ({ json }) => addVariable(json, `${"A1".repeat(7)}.atlasv1.${"b2".repeat(34)}`) },
      { title: "a password in a URL", change: ({ json }) => addVariable(json, "postgres://shop:hunter2@example.com") },
      {
        title: "a secret from an environment variable of the shell",
        change: ({ json }) => {
          process.env.COUNTER_EXAMPLE_TOKEN = "a-token-of-the-shell";
          addVariable(json, `key-${process.env.COUNTER_EXAMPLE_TOKEN}`);
        },
      },
      {
        title: "a password",
        change: ({ json }) => {
          json.resource.aws_db_instance = { one: { password: "hunter2" } };
        },
      },
      {
        title: "the value of a secret",
        change: ({ json }) => {
          json.resource.aws_secretsmanager_secret_version = { one: { secret_string: "hunter2" } };
        },
      },
    ],
  },
  {
    id: "no-secrets-in-state",
    rule: "only lambdas read the value of a secret: no resource and no data source does, so that it is not in Terraform's state",
    noExceptions: "Everyone who can read the state could read the secret.",
    check: ({ json, description }) => [
      ...[...allResources(json), ...allDataSources(json)]
        .filter(({ type, attributes }) => {
          const isSecretType = /^aws_secretsmanager|^random_password/.test(type);
          const isSecretParameter = description.secrets.some(({ parameter }) => parameter === attributes.name);
          return isSecretType || isSecretParameter || (type === PARAMETER && holdsSecret(attributes));
        })
        .map(({ address }) => ({ resource: address })),
      ...textsIn(json)
        .filter((text) => /data\.aws_ssm_parameter\.[\w-]+\.value\b/.test(text))
        .map((text) => ({ problem: `${text} is the decrypted value of a parameter; use insecure_value` })),
    ],
    counterExamples: [
      {
        title: "a data source of a secret",
        change: ({ json, description }) => {
          json.data[PARAMETER].key = { name: description.secrets[0]?.parameter, with_decryption: true };
        },
      },
      {
        title: "a secret that Terraform creates",
        change: ({ json, description }) => Object.assign(firstResource(json, PARAMETER), { name: description.secrets[0]?.parameter }),
      },
      {
        title: "a parameter whose value Terraform treats as a secret",
        change: ({ json }) => Object.assign(firstResource(json, PARAMETER), { value: "plain" }),
      },
      { title: "a SecureString parameter", change: ({ json }) => Object.assign(firstResource(json, PARAMETER), { type: "SecureString" }) },
      {
        title: "a reference to the decrypted value of a parameter",
        change: ({ json }) => {
          json.output.key = { value: `\${data.${PARAMETER}.key.value}` };
        },
      },
      {
        title: "a data source of Secrets Manager",
        change: ({ json }) => {
          json.data.aws_secretsmanager_secret_version = { key: {} };
        },
      },
    ],
  },
];

/** The attributes that Terraform's AWS provider has for secrets. */
const SECRET_ATTRIBUTE = /^(\w+_)?(password|secret|secret_string|secret_binary|private_key|auth_token|api_key)(_wo)?$/;

/** Terraform decrypts `value` of a parameter; a contract has `insecure_value`. */
function holdsSecret({ type, value }: Json): boolean {
  return type === "SecureString" || value !== undefined;
}

/** For counter-examples: gives a lambda another environment variable. */
function addVariable(json: Json, value: string): void {
  firstResource(json, FUNCTION).environment.variables.EXAMPLE = value;
}
