import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../../shared/errors";
import { readArtifact, selectStacks } from "../artifact/artifact";
import { runCommand } from "../cli/command";
import { localCredentials, readRun, statePath, WORKSPACE } from "../local/run";
import { findMirror, terraformEnvironment } from "../terraform/provider";

const HELP = `
npm run -s local:env [-- <environment>]

  (eval "$(npm run -s local:env)" && npx cdktf deploy orders-int)

Prints the variables with which cdktf and terraform work on the local AWS that runs, in the account of the environment (default:
the first), on the state that npm run local began. Without the parentheses they stay in the shell, from which nothing reaches AWS then.`;

// What follows "&&" must not go to the AWS account of the reader's own credentials.
process.once("exit", (code) => void (code !== 0 && process.stdout.write("false\n")));

void runCommand({ help: HELP, positionals: { min: 0, max: 1 } }, async ({ positionals: [name] }) => {
  const run = readRun();
  if (!run) throw new UserError("No local AWS runs; start it with npm run local.");
  const stacks = readArtifact();
  const [stack = stacks[0]] = selectStacks(stacks, name === undefined ? [] : [name]);
  for (const each of stacks) mkdirSync(dirname(statePath(each)), { recursive: true });

  const { TF_CLI_CONFIG_FILE } = terraformEnvironment();
  const mirror = findMirror();
  const variables = {
    ...localCredentials(run, stack.account, stack.region),
    TF_WORKSPACE: WORKSPACE,
    CHECKPOINT_DISABLE: "1",
    ...(TF_CLI_CONFIG_FILE && { TF_CLI_CONFIG_FILE }),
    // cdktf locks the provider before it deploys, and would ask the registry for that.
    ...(mirror && { TF_CLI_ARGS_providers_lock: `-fs-mirror=${mirror}` }),
  };
  for (const [variable, value] of Object.entries(variables)) process.stdout.write(`export ${variable}='${value}'\n`);
});
