import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";
import { requireSecrets } from "../aws/secret-values";
import { runCommand } from "../cli/command";
import { isConfirmed, requireTerminal } from "../cli/confirm";
import { requireAccepted } from "../delivery/acceptance";
import { changedContracts, publishedValues } from "../delivery/contract-changes";
import { type Delivery, heldStacks, nothingToDo, openDelivery, workingCopies } from "../delivery/delivery";
import { type Expectation, parseExpectation } from "../delivery/expectation";
import { requireSamePlan, workspaceOf } from "../delivery/plan-checks";
import type { SavedPlan } from "../delivery/plan-record";
import { forgetPlan, lastPlanOf, readPlan } from "../delivery/plan-store";
import { runOf } from "../delivery/remote-plan";
import { describeSummary } from "../delivery/summary-text";
import { deployStacks } from "../terraform/deployment";
import type { Plan } from "../terraform/plan";
import { terraformVersion } from "../terraform/provider";
import { Terraform } from "../terraform/terraform";
import { removeWorkingCopies } from "../terraform/unsaved-state";

const HELP = `
npm run apply -- <domain>-<environment>…

Applies the plans that npm run plan has saved, exactly as they are, and records what runs. A plan is
refused if anything is not as it was when it was made: the stack, the account, the workspace, the commit,
the artifact, the lock file, Terraform, the state, a contract that was read, or the bytes of the plan. It
is never made again silently. A plan that is a run on the server of HCP Terraform is applied as that run.

  npm run plan -- orders-int && npm run apply -- orders-int

  --skip-synth         compare with the existing cdktf.out
  --yes                do not ask
  --accept <address>   accept a dangerous change by the name that the plan shows. Can be given more
                       than once
  --expect <text>      what this caller knows of the plan from the job that made it, as
                       npm run plan -- … --json prints it: plan=<SHA-256>,record=<SHA-256>,
                       fingerprint=<hash>,location=<place>. For one stack`;

const OPTIONS = {
  "skip-synth": { type: "boolean" },
  yes: { type: "boolean" },
  accept: { type: "string", multiple: true },
  expect: { type: "string" },
} as const;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 1, max: Infinity } },
  async ({ positionals: names, options, signal }) => {
    const { yes = false, accept = [] } = options;
    if (!yes) requireTerminal();
    const expected = options.expect === undefined ? {} : parseExpectation(options.expect);
    if (options.expect !== undefined && names.length !== 1) throw new UserError("--expect is about one plan. Name one stack.");
    const delivery = await openDelivery(names, { skipSynth: options["skip-synth"], signal });
    const { all, reach, records, where } = delivery;
    heldStacks(
      delivery,
      delivery.stacks.map(({ stack }) => stack),
    );
    // A stack that runs as it is has no plan.
    const stacks = delivery.stacks.filter((stack) => options.expect !== undefined || lastPlanOf(stack) || !records.isCurrent(stack));
    if (stacks.length === 0) {
      process.stdout.write(`${nothingToDo(delivery.stacks)}\n`);
      return;
    }

    const saved = await readPlans({ ...delivery, stacks }, expected);
    const changing = stacks.filter((stack) => !planOf(saved, stack).record.summary.isEmpty);
    process.stdout.write(`\n${describeSummary(summaryOf(saved), "npm run apply -- ")}\n\n`);
    const dangerous = [...saved.values()].map(({ record }) => ({ stack: record.stack, dangers: record.summary.dangers }));
    requireAccepted(dangerous, accept, { command: `npm run apply -- ${names.join(" ")}${yes ? " --yes" : ""}`, isComplete: true });
    await requireSecrets(changing);
    const action = `Apply the plans of ${stacks.map(({ stack }) => stack).join(", ")} to ${where}`;
    if (!yes && !(await isConfirmed(`${action}?`, signal))) return;
    process.stdout.write(`${action}\n`);

    const before = await publishedValues(reach, stacks);
    const copies = workingCopies(records);
    try {
      const terraform = new Terraform({}, signal);
      const plans = new Map(stacks.map((stack) => [stack.stack, { stack, plan: writePlan(planOf(saved, stack), copies.workFolder) }]));
      const lockFile = (stack: Stack) => planOf(saved, stack).lockFile;
      const onDeployed = async (stack: Stack) => {
        await records.write(stack);
        forgetPlan(stack);
      };
      await deployStacks(stacks, {
        terraform,
        ...copies,
        plans,
        lockFile,
        checkPlan: (stack) => records.requireSameContracts(stack),
        onDeployed,
        continuation: "Fix the errors, and plan the stacks that failed again: npm run plan.",
      });
    } finally {
      removeWorkingCopies(copies.workFolder);
      // An error here must not hide the one of the deployment.
      const changed = await changedContracts(reach, { before, applied: stacks, all }).catch(({ message }: Error) => {
        process.stderr.write(`Whether contracts have other values now is not known: ${message}\n`);
        return [];
      });
      for (const { parameter, readers } of changed) {
        const who = readers.length > 0 ? `Read by ${readers.join(", ")}, which are affected from now on` : "Nobody reads it yet";
        process.stdout.write(`${parameter} has another value. ${who}.\n`);
      }
    }
  },
);

function planOf(saved: Map<string, SavedPlan>, { stack }: Stack): SavedPlan {
  return saved.get(stack) as SavedPlan;
}

/** @throws UserError when a stack has no plan, or one that was made for something else */
async function readPlans({ stacks, reach, records, checkout }: Delivery, expected: Expectation): Promise<Map<string, SavedPlan>> {
  const saved = new Map<string, SavedPlan>();
  const terraform = terraformVersion();
  for (const stack of stacks) {
    const location = expected.location ?? lastPlanOf(stack);
    if (location === undefined) throw new UserError(`${stack.stack} has no saved plan. Create one: npm run plan -- ${stack.stack}`);
    const plan = await readPlan(stack, location, reach.isLocal);
    const { state, contractValues } = records.runningBefore(stack);
    const fingerprint = records.fingerprintOf(stack);
    const workspace = workspaceOf(stack, reach.isLocal);
    const run = reach.isLocal ? undefined : await runOf(plan, stack);
    requireSamePlan(plan, { stack, workspace, checkout, fingerprint, terraform, state, contractValues, run, expected });
    saved.set(stack.stack, plan);
  }
  return saved;
}

/** Writes a plan to where Terraform can read it. */
function writePlan({ record, plan }: SavedPlan, folder: string): Plan {
  const file = resolve(folder, `${record.stack}.tfplan`);
  writeFileSync(file, plan);
  return { file, ...record.summary };
}

function summaryOf(saved: Map<string, SavedPlan>) {
  const planned = [...saved.values()].map(({ record: { stack, summary } }) => ({ stack, reasons: summary.reasons, plan: summary }));
  return { planned, later: [], current: [], agreements: [] };
}
