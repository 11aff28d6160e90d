import { UserError } from "../../shared/errors";

/**
 * The variable that marks a shell as one for the local AWS. `npm run local:env` sets it. It is a variable of this project, because
 * every other one, such as an endpoint or a workspace called "local", can have another meaning.
 */
export const LOCAL_MARK = "LOCAL_AWS";

const LOOPBACK = /^https?:\/\/(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?\/?$/;
/** The variables that add options to every Terraform command, or that change the folder of its data. */
export const TERRAFORM_OPTIONS = /^TF_(CLI_ARGS|DATA_DIR$)/;

const NOTHING_CHANGED = "Nothing was changed.";

/**
 * Checks that the shell's settings lead to one place: AWS itself, or the local AWS in a shell that is marked for it. Removes those
 * that change what Terraform does, because a command says itself which options it needs.
 * @throws UserError that names the variable
 */
export function checkShell(): void {
  const endpoints = Object.keys(process.env).filter((name) => name.startsWith("AWS_ENDPOINT_URL") && process.env[name]);
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
}

function checkOtherShell([endpoint]: string[]): void {
  const local = `For the local AWS, use: (eval "$(npm run -s local:env)" && npm run …). ${NOTHING_CHANGED}`;
  if (endpoint) {
    throw new UserError(`${endpoint} is "${process.env[endpoint]}", so this command would not reach AWS. Unset it. ${local}`);
  }
  // npm run local:down deletes the state of this workspace.
  if (process.env.TF_WORKSPACE === "local") {
    throw new UserError(`TF_WORKSPACE is "local", which is the workspace of the local AWS. Unset it. ${local}`);
  }
}
