import { devNull } from "node:os";
import { TERRAFORM_OPTIONS } from "../aws/shell";

/**
 * The shell's variables that change which AWS a program reaches, with which credentials, or what Terraform does there. Each of them
 * can send a command for the local AWS elsewhere: AWS_PROFILE, AWS_ENDPOINT_URL_SSM, AWS_USE_FIPS_ENDPOINT, TF_CLI_ARGS_apply…
 */
const DIVERTING = [/^(TF_)?AWS_(?!SDK_JS_)/, /^TF_WORKSPACE$/, TERRAFORM_OPTIONS];

/** Variables that keep a program from finding other credentials and settings: in the home folder, or in the metadata of an EC2 instance. */
const NOTHING_ELSE = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull, AWS_EC2_METADATA_DISABLED: "true" };

/**
 * Gives this process, and the programs that it starts, an environment that does not depend on the shell's settings for AWS and
 * Terraform. Every command that uses the local AWS and no other calls it first.
 */
export function ignoreShellSettings(): void {
  for (const name of divertingVariables()) delete process.env[name];
  Object.assign(process.env, NOTHING_ELSE);
}

/**
 * Shell commands that replace the shell's settings for AWS and Terraform by these variables.
 * @param variables by name
 */
export function shellCommands(variables: Record<string, string>): string {
  const unset = divertingVariables().map((name) => `unset ${name}\n`);
  const exported = Object.entries({ ...NOTHING_ELSE, ...variables }).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  return [...unset, ...exported].join("");
}

function divertingVariables(): string[] {
  // A shell would run a name that has other characters as a command.
  const names = Object.keys(process.env).filter((name) => /^\w+$/.test(name));
  return names.filter((name) => DIVERTING.some((pattern) => pattern.test(name)));
}

/** Between single quotes, a shell takes every character as it is, except a single quote. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
