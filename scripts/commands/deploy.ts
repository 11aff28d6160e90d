import confirm from "@inquirer/confirm";
import { UserError } from "../../shared/errors";
import { readArtifact, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { requireSecrets } from "../aws/secret-values";
import { runCommand } from "../cli/command";
import { deployStacks } from "../terraform/deployment";
import { Terraform } from "../terraform/terraform";

const HELP = `
npm run deploy -- <domain>-<environment>… | <environment>

Synthesizes and deploys with Terraform, to the AWS account that your credentials name, in the
order of the contracts, side by side where they may. A domain that fails stops only those that
need it. Run again, it goes on from what is there. Secrets must have a value (npm run secret).

  --skip-synth   deploy the cdktf.out that is there
  --yes          do not ask before`;

void runCommand(HELP, { "skip-synth": { type: "boolean" }, yes: { type: "boolean" } }, async ({ names, options, signal }) => {
  if (names.length === 0) throw new UserError("Say what to deploy: npm run deploy -- orders-int, or -- int for the whole environment.");
  if (!options["skip-synth"]) await build();
  const stacks = selectStacks(readArtifact(), names);
  await requireSecrets(stacks);
  const accounts = [...new Set(stacks.map(({ account, region }) => `account ${account}, ${region}`))].join("; ");
  const question = `Deploy ${stacks.map(({ stack }) => stack).join(", ")} to ${accounts}`;
  if (!options.yes && process.stdin.isTTY && !(await confirm({ message: `${question}?`, default: false }))) return;
  process.stdout.write(`${question}\n`);
  await deployStacks(stacks, { terraform: new Terraform({}, signal), workFolder: ".deploy/stacks" });
});
