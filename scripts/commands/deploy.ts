import { requireSecrets } from "../aws/secret-values";
import { runCommand } from "../cli/command";
import { isConfirmed, requireTerminal } from "../cli/confirm";
import { requireAccepted } from "../delivery/acceptance";
import { dependentsOf } from "../delivery/affected";
import { heldStacks, nothingToDo, openDelivery, requireStates, workingCopies } from "../delivery/delivery";
import { summaryOf } from "../delivery/summary";
import { describeSummary } from "../delivery/summary-text";
import type { Danger } from "../terraform/dangers/danger";
import { deployStacks } from "../terraform/deployment";
import { checkOtherStates } from "../terraform/other-states";
import { planStacks, requirePlans } from "../terraform/planning";
import { Terraform } from "../terraform/terraform";
import { removeWorkingCopies } from "../terraform/unsaved-state";

const HELP = `
npm run deploy -- <domain>-<environment>… | <environment>…

Synthesizes, and deploys the stacks with Terraform to the AWS account of your credentials:

  npm run deploy -- orders-int ledger-int
  npm run deploy -- int                     all stacks of the environment but access-int, which only an
                                            administrator deploys (npm run bootstrap)

It is plan and apply in a row: it shows the plan of each stack, asks, and applies exactly these plans.
A stack that runs as it is in this checkout is skipped, and Terraform does not start for it. A stack
that reads contracts which this deployment publishes is planned later. It fails if that plan is
dangerous; run the command again to see it.

Each stack starts as soon as the stacks whose contracts it reads have published them. Other stacks
deploy at the same time. If a stack fails, only the stacks that need it are not deployed; run the
command again to continue. Every secret must have a value first (npm run secret).

  --skip-synth         deploy the existing cdktf.out
  --yes                do not ask
  --accept <address>   accept a dangerous change by the name that the plan shows. Can be given more
                       than once
  --force              plan every stack, also one that runs as it is
  --accept-permissions accept wider permissions without names, as npm run bootstrap does: it is what an
                       administrator deploys with it`;

const OPTIONS = {
  "skip-synth": { type: "boolean" },
  yes: { type: "boolean" },
  accept: { type: "string", multiple: true },
  force: { type: "boolean" },
  "accept-permissions": { type: "boolean" },
} as const;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 1, max: Infinity } },
  async ({ positionals: names, options, signal }) => {
    const { yes = false, accept = [], force = false } = options;
    const mustBeNamed = ({ kind }: Danger) => kind !== "permissions" || !options["accept-permissions"];
    if (!yes) requireTerminal();
    const delivery = await openDelivery(names, { skipSynth: options["skip-synth"], signal });
    const { records, reach, where } = delivery;
    const held = heldStacks(delivery, names);
    const stacks = delivery.stacks.filter((stack) => !held.includes(stack));
    const changed = stacks.filter((stack) => force || !records.isCurrent(stack));
    for (const stack of stacks) if (!changed.includes(stack)) await records.confirm(stack);
    if (changed.length === 0) {
      process.stdout.write(`${nothingToDo(stacks)} (--force plans all the same.)\n`);
      return;
    }
    await requireSecrets(changed);
    // A contract that one stack changes can change those that read it.
    const dependents = dependentsOf(changed, stacks);
    const concerned = stacks.filter((stack) => changed.includes(stack) || dependents.includes(stack.stack));

    const terraform = new Terraform({}, signal);
    const copies = workingCopies(records);
    try {
      const plans = await planStacks(changed, { terraform, ...copies });
      requirePlans(plans);
      await requireStates(delivery, plans);
      const summary = await summaryOf(delivery, plans, stacks);
      const command = `npm run deploy -- ${names.join(" ")}${yes ? " --yes" : ""}`;
      process.stdout.write(`\n${describeSummary(summary, "npm run deploy -- ")}\n\n`);
      const planned = [...plans.planned.values()];
      const dangerous = planned.map(({ stack, plan: { dangers } }) => ({ stack: stack.stack, dangers: dangers.filter(mustBeNamed) }));
      requireAccepted(dangerous, accept, { command, isComplete: plans.later.size === 0 && dependents.length === 0 });

      const isEmpty = plans.later.size === 0 && planned.every(({ plan }) => plan.isEmpty);
      const action = `Deploy ${changed.map(({ stack }) => stack).join(", ")} to ${where}`;
      if (!isEmpty) {
        if (!yes && !(await isConfirmed(`${action}?`, signal))) return;
        process.stdout.write(`${action}\n`);
      }
      await deployStacks(concerned, {
        terraform,
        ...copies,
        plans: plans.planned,
        folders: plans.folders,
        checkNew: async (stack) => {
          if (!reach.isLocal) await checkOtherStates([stack]);
        },
        // Nobody has seen these plans.
        notAccepted: ({ dangers }) => dangers.filter(mustBeNamed),
        checkPlan: (stack) => records.requireSameContracts(stack),
        isCurrent: async (stack) => {
          await records.note([stack]);
          // It can be rolled back meanwhile.
          heldStacks({ stacks: [stack], records }, [stack.stack]);
          return !force && records.isCurrent(stack);
        },
        onDeployed: (stack) => records.write(stack),
      });
    } finally {
      removeWorkingCopies(copies.workFolder);
    }
  },
);
