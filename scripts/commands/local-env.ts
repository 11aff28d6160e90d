import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { readArtifact, selectStacks } from "../artifact/artifact";
import { runCommand } from "../cli/command";
import { clientVariables } from "../local/client-settings";
import { shellCommands } from "../local/environment";
import { statePath, WORKSPACE } from "../local/files";
import { requireRun } from "../local/run";
import { findMirror, terraformEnvironment } from "../terraform/provider";

const HELP = `
npm run -s local:env [-- <environment>]

Prints shell variables that point cdktf, terraform and the commands of this project to the local AWS:
to the account of the environment (default: the first one), with the state that npm run local created.
The shell's own settings for AWS and Terraform are unset.

  (eval "$(npm run -s local:env || echo false)" && npx cdktf deploy orders-int)

Keep the parentheses: they limit the variables to this line. Without them, every later command in the
shell goes to the local AWS too.`;

// The command after "&&" must not run when this command fails, because it would reach the AWS account of the shell's own credentials.
process.once("exit", (exitCode) => {
  if (exitCode !== 0) process.stdout.write("false\n");
});

void runCommand({ help: HELP, positionals: { min: 0, max: 1 } }, async ({ positionals: [environment] }) => {
  const run = requireRun();
  const stacks = readArtifact();
  const [stack = stacks[0]] = selectStacks(stacks, environment === undefined ? [] : [environment]);
  // Terraform selects a workspace only if its folder exists.
  for (const each of stacks) mkdirSync(dirname(statePath(each)), { recursive: true });

  const variables: Record<string, string> = { ...clientVariables(run, stack), TF_WORKSPACE: WORKSPACE, CHECKPOINT_DISABLE: "1" };
  const { TF_CLI_CONFIG_FILE } = terraformEnvironment();
  if (TF_CLI_CONFIG_FILE !== undefined) variables.TF_CLI_CONFIG_FILE = TF_CLI_CONFIG_FILE;
  // cdktf runs "terraform providers lock" before a deployment, which asks the registry even if the machine has a mirror.
  const mirror = findMirror();
  if (mirror !== undefined) variables.TF_CLI_ARGS_providers_lock = `-fs-mirror=${mirror}`;
  process.stdout.write(shellCommands(variables));
});
