import confirm from "@inquirer/confirm";
import { readArtifact, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { checkAccount } from "../aws/account";
import { requireSecrets } from "../aws/secret-values";
import { runCommand } from "../cli/command";
import { deployStacks } from "../terraform/deployment";
import { Terraform } from "../terraform/terraform";

const HELP = `
npm run deploy -- <domain>-<environment>… | <environment>

Synthesizes, and deploys the stacks with Terraform to the AWS account of your credentials:

  npm run deploy -- orders-int ledger-int
  npm run deploy -- int                     all stacks of the environment

Each stack starts as soon as the stacks whose contracts it reads have published them. Other stacks
deploy at the same time. If a stack fails, only the stacks that need it are not deployed; run the
command again to continue. Every secret must have a value first (npm run secret).

  --skip-synth   deploy the existing cdktf.out
  --yes          do not ask for confirmation`;

const OPTIONS = { "skip-synth": { type: "boolean" }, yes: { type: "boolean" } } as const;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 1, max: Infinity } },
  async ({ positionals: names, options, signal }) => {
    if (!options["skip-synth"]) await build(signal);
    const stacks = selectStacks(readArtifact(), names);
    const oneOfEachAccount = [...new Map(stacks.map((stack) => [stack.account, stack])).values()];
    for (const stack of oneOfEachAccount) await checkAccount(stack);
    await requireSecrets(stacks);
    const accounts = oneOfEachAccount.map(({ account, region }) => `account ${account}, ${region}`).join("; ");
    const action = `Deploy ${stacks.map(({ stack }) => stack).join(", ")} to ${accounts}`;
    if (!options.yes && process.stdin.isTTY && !(await confirm({ message: `${action}?`, default: false }))) return;
    process.stdout.write(`${action}\n`);
    // Terraform's state is for this user only.
    process.umask(0o077);
    await deployStacks(stacks, { terraform: new Terraform({}, signal), workFolder: ".deploy/stacks" });
  },
);
