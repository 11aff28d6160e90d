import { UserError } from "../../shared/errors";

/**
 * The variable that marks a shell as one for the local AWS. `npm run local:env` sets it. It is a variable of this project, because
 * every other one, such as an endpoint or a workspace called "local", can have another meaning.
 */
export const LOCAL_MARK = "LOCAL_AWS";

const LOOPBACK = /^https?:\/\/(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?\/?$/;
/**
 * The variables that send calls of the SDK or of Terraform's provider elsewhere. The provider prefers those of its own.
 * @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/custom-service-endpoints
 */
const ENDPOINT = /^(AWS_ENDPOINT_URL|(TF_)?AWS_\w+_ENDPOINT$)/;
const NO_ENDPOINT = ["AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"];

/** The variables that add options to every Terraform command, or that change the folder of its data. */
export const TERRAFORM_OPTIONS = /^TF_(CLI_ARGS|DATA_DIR$)/;

const NOT_LOCAL = /^AWS_(IGNORE_CONFIGURED_ENDPOINT_URLS|USE_FIPS_ENDPOINT|USE_DUALSTACK_ENDPOINT|PROFILE|DEFAULT_PROFILE|SESSION_TOKEN)$/;

const NOTHING_CHANGED = "Nothing was changed.";

/**
 * Checks that the shell's settings lead to one place: AWS itself, or the local AWS in a shell that is marked for it. Removes those
 * that change what Terraform does, because a command says itself which options it needs.
 * @throws UserError that names the variable
 */
export function checkShell(): void {
  const endpoints = Object.keys(process.env).filter((name) => ENDPOINT.test(name) && !NO_ENDPOINT.includes(name) && process.env[name]);
  if (process.env[LOCAL_MARK]) checkLocalShell(endpoints);
  else checkOtherShell(endpoints);
  for (const name of Object.keys(process.env)) if (TERRAFORM_OPTIONS.test(name)) delete process.env[name];
}

function checkLocalShell(endpoints: string[]): void {
  const elsewhere = endpoints.find((name) => !LOOPBACK.test(process.env[name] ?? ""));
  const fix = `Open a new shell, or unset ${LOCAL_MARK}. ${NOTHING_CHANGED}`;
  if (elsewhere) {
    throw new UserError(`This shell is for the local AWS (${LOCAL_MARK} is set), but ${elsewhere} is "${process.env[elsewhere]}". ${fix}`);
  }
  if (!endpoints.includes("AWS_ENDPOINT_URL")) {
    throw new UserError(`This shell is for the local AWS (${LOCAL_MARK} is set), but AWS_ENDPOINT_URL is not set. ${fix}`);
  }
  // With any of these, the endpoint or the keys would not be used.
  for (const name of Object.keys(process.env)) if (NOT_LOCAL.test(name)) delete process.env[name];
}

function checkOtherShell([endpoint]: string[]): void {
  // Neither the SDK nor Terraform takes an endpoint from a profile or a configuration file, which nobody would see.
  process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true";
  const local = `For the local AWS, use: (eval "$(npm run -s local:env || echo false)" && npm run …). ${NOTHING_CHANGED}`;
  if (endpoint) {
    throw new UserError(`${endpoint} is "${process.env[endpoint]}", so this command would not reach AWS. Unset it. ${local}`);
  }
  // The SDK and Terraform choose differently between the two. The caller that is shown would not be the one that Terraform uses.
  const { AWS_PROFILE, AWS_DEFAULT_PROFILE, AWS_ACCESS_KEY_ID } = process.env;
  if (AWS_DEFAULT_PROFILE) {
    throw new UserError(
      `AWS_DEFAULT_PROFILE is "${AWS_DEFAULT_PROFILE}", which only Terraform reads. Set AWS_PROFILE instead. ${NOTHING_CHANGED}`,
    );
  }
  if (AWS_PROFILE && AWS_ACCESS_KEY_ID) {
    throw new UserError(`Both AWS_PROFILE ("${AWS_PROFILE}") and AWS_ACCESS_KEY_ID are set. Unset one of them. ${NOTHING_CHANGED}`);
  }
  // npm run local:down deletes the state of this workspace.
  if (process.env.TF_WORKSPACE === "local") {
    throw new UserError(`TF_WORKSPACE is "local", which is the workspace of the local AWS. Unset it. ${local}`);
  }
}
