import { mkdirSync, mkdtempSync } from "node:fs";
import { UserError } from "../../shared/errors";
import { deployedStackId } from "../../shared/naming";
import { checkZips, readArtifact, type Stack, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { checkAccount } from "../aws/account";
import { requireSecrets } from "../aws/secret-values";
import { LOCAL_MARK } from "../aws/shell";
import { runCommand } from "../cli/command";
import { isConfirmed, requireTerminal } from "../cli/confirm";
import { statePath } from "../local/files";
import { deployStacks } from "../terraform/deployment";
import { checkWorkspaces } from "../terraform/hcp";
import { checkOtherStates } from "../terraform/other-states";
import { destructive, isFirstDeployment } from "../terraform/plan";
import { describeDestructive, describePlan } from "../terraform/plan-text";
import { type Plans, planStacks } from "../terraform/planning";
import { Terraform } from "../terraform/terraform";
import { checkUnsavedState, removeWorkingCopies } from "../terraform/unsaved-state";

const HELP = `
npm run deploy -- <domain>-<environment>… | <environment>

Synthesizes, and deploys the stacks with Terraform to the AWS account of your credentials:

  npm run deploy -- orders-int ledger-int
  npm run deploy -- int                     all stacks of the environment but access-int, which only an
                                            administrator deploys (npm run bootstrap)

It shows the plan of each stack, asks, and applies exactly these plans. A stack that reads contracts
which this deployment publishes is planned later. It fails if that plan replaces or destroys resources;
run the command again to see it.

Each stack starts as soon as the stacks whose contracts it reads have published them. Other stacks
deploy at the same time. If a stack fails, only the stacks that need it are not deployed; run the
command again to continue. Every secret must have a value first (npm run secret).

  --skip-synth              deploy the existing cdktf.out
  --yes                     do not ask. Plans that replace or destroy resources fail
  --allow-destroy <stack>   let the plan of this stack replace and destroy resources, with --yes or when
                            it is planned later. Can be given more than once`;

const OPTIONS = {
  "skip-synth": { type: "boolean" },
  yes: { type: "boolean" },
  "allow-destroy": { type: "string", multiple: true },
} as const;

const WORK_FOLDER = ".deploy";

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 1, max: Infinity } },
  async ({ positionals: names, options, signal }) => {
    const { yes = false, "allow-destroy": destroyable = [] } = options;
    if (!yes) requireTerminal();
    if (!options["skip-synth"]) await build(signal);
    const stacks = selectStacks(readArtifact(), names);
    const mayDestroy = mayDestroyOnly(destroyable, stacks);
    checkZips(stacks);
    checkUnsavedState(WORK_FOLDER, stacks);
    const oneOfEachAccount = [...new Map(stacks.map((stack) => [stack.account, stack])).values()];
    for (const stack of oneOfEachAccount) await checkAccount(stack);
    await requireSecrets(stacks);
    // On the local AWS, the state is not in HCP Terraform.
    if (!process.env[LOCAL_MARK]) await checkWorkspaces(stacks);

    // State, plans and logs can contain secret values. They are for this user only.
    process.umask(0o077);
    const backendOverride = localBackend();
    const terraform = new Terraform({}, signal);
    mkdirSync(WORK_FOLDER, { recursive: true });
    // Each deployment has its own working copies, because two may run at the same time.
    const workFolder = mkdtempSync(`${WORK_FOLDER}/run-`);
    try {
      const plans = await planStacks(stacks, { terraform, workFolder, backendOverride });
      const checkNew = async (...created: Stack[]) => {
        if (!process.env[LOCAL_MARK]) await checkOtherStates(created);
      };
      await checkNew(...[...plans.planned.values()].filter(({ plan }) => isFirstDeployment(plan)).map(({ stack }) => stack));
      printPlans(plans);
      if (plans.later.size === 0 && [...plans.planned.values()].every(({ plan }) => plan.isEmpty)) return;
      if (yes) requireHarmless(plans, mayDestroy);
      const accounts = oneOfEachAccount.map(({ account, region }) => `account ${account}, ${region}`).join("; ");
      const action = `Deploy ${stacks.map(({ stack }) => stack).join(", ")} to ${accounts}`;
      if (!yes && !(await isConfirmed(`${action}?`, signal))) return;
      process.stdout.write(`${action}\n`);
      const { planned, folders } = plans;
      await deployStacks(stacks, { terraform, workFolder, backendOverride, plans: planned, folders, mayDestroy, checkNew });
    } finally {
      removeWorkingCopies(workFolder);
    }
  },
);

/**
 * In a shell for the local AWS, the state is where `npm run local` keeps it, whatever `state` in `project.config.ts` says: no command
 * for the local AWS writes to the state of a team.
 */
function localBackend(): ((stack: Stack) => object) | undefined {
  if (!process.env[LOCAL_MARK]) return undefined;
  delete process.env.TF_WORKSPACE;
  return (stack) => ({ local: { path: statePath(stack) } });
}

/** @throws UserError when a name is none of a stack that is deployed */
function mayDestroyOnly(names: string[], stacks: Stack[]): (stack: Stack) => boolean {
  const namesOf = (stack: Stack) => [stack.stack, deployedStackId(stack)];
  const unknown = names.filter((name) => !stacks.some((stack) => namesOf(stack).includes(name)));
  if (unknown.length > 0) {
    throw new UserError(`--allow-destroy names ${unknown.join(", ")}, which this command does not deploy. Nothing was changed.`);
  }
  return (stack) => namesOf(stack).some((name) => names.includes(name));
}

function printPlans({ planned, later }: Plans): void {
  const plans = [...planned.values()];
  const lines = plans.flatMap(describePlan);
  for (const [stack, owners] of later) lines.push(`  ${stack}: planned later, because ${owners.join(", ")} publishes contracts first`);
  process.stdout.write(`\nPlans:\n${lines.join("\n")}\n\n`);
  const destroyed = plans.flatMap(describeDestructive);
  if (destroyed.length > 0) process.stdout.write(`REPLACED OR DESTROYED, with the data that they hold:\n${destroyed.join("\n")}\n\n`);
}

/** @throws UserError when a plan replaces or destroys resources of a stack that was not named for it */
function requireHarmless({ planned }: Plans, mayDestroy: (stack: Stack) => boolean): void {
  const stacks = [...planned.values()].filter(({ stack, plan }) => destructive(plan).length > 0 && !mayDestroy(stack));
  if (stacks.length === 0) return;
  const options = stacks.map(({ stack }) => `--allow-destroy ${stack.stack}`).join(" ");
  throw new UserError(
    `--yes does not cover the resources that are replaced or destroyed. Nothing was changed. Run the command without --yes, or add: ${options}`,
  );
}
