import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "../artifact/artifact";
import { LOCK_FILE } from "../artifact/contents";
import { runCommand } from "../cli/command";
import { parsePeriod } from "../cli/period";
import { waitForContracts } from "../delivery/contract-wait";
import { type Delivery, heldStacks, openDelivery, requireStates, workingCopies } from "../delivery/delivery";
import { describeExpectation } from "../delivery/expectation";
import { workspaceOf } from "../delivery/plan-checks";
import { type PlanContext, type PlanRecord, type SavedPlan, sha256 } from "../delivery/plan-record";
import { forgetPlan, savePlan } from "../delivery/plan-store";
import { contextFiles, discardRemotePlan } from "../delivery/remote-plan";
import { type Summary, summaryOf } from "../delivery/summary";
import { describeSummary } from "../delivery/summary-text";
import { type PlannedStack, type Plans, planStacks, requirePlans } from "../terraform/planning";
import { terraformVersion } from "../terraform/provider";
import { Terraform } from "../terraform/terraform";
import { removeWorkingCopies } from "../terraform/unsaved-state";

const HELP = `
npm run plan -- <domain>-<environment>… | <environment>…

Synthesizes, and plans the stacks that do not run as they are in this checkout. It saves each plan, so
that npm run apply can apply exactly that, and prints what a reviewer has to know: the totals, what is
dangerous, the contracts and events that change, and each change. Values that are secret are not shown.

  npm run plan -- orders-int ledger-int
  npm run plan -- int                       all stacks of the environment but access-int

The plans are saved where the state is. If Terraform runs on the server of HCP Terraform, each plan is a run
there. A stack that reads contracts which another one has yet to publish is shown as "planned after" that
one.

  --skip-synth       plan the existing cdktf.out
  --force            plan every stack, also one that runs as it is
  --wait <period>    wait for contracts that are not published yet, and plan then: 90s, 30m, 2h
  --pull-request     save the plans where no role that applies can read them, and apply takes none of them. Runs on the server of HCP
                     Terraform are discarded
  --summary <file>   write the summary into a file, too
  --json             print { planned: [{ stack, location, expect, … }], later, current, failed } instead`;

const OPTIONS = {
  "skip-synth": { type: "boolean" },
  force: { type: "boolean" },
  wait: { type: "string" },
  "pull-request": { type: "boolean" },
  summary: { type: "string" },
  json: { type: "boolean" },
} as const;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 1, max: Infinity } },
  async ({ positionals: names, options, signal }) => {
    const { force = false, json = false } = options;
    const wait = options.wait === undefined ? undefined : parsePeriod("--wait", options.wait);
    const delivery = await openDelivery(names, { skipSynth: options["skip-synth"], signal });
    const { records, reach } = delivery;
    if (delivery.checkout.changed.length > 0) {
      process.stderr.write("The checkout has changes that are not committed. This plan cannot be applied any more once they are.\n");
    }
    const held = heldStacks(delivery, names);
    const stacks = delivery.stacks.filter((stack) => !held.includes(stack));
    const changed = stacks.filter((stack) => force || !records.isCurrent(stack));
    const copies = workingCopies(records);
    try {
      const terraform = changed.length > 0 ? new Terraform({}, signal) : undefined;
      const plan = (some: Stack[]): Promise<Plans> =>
        terraform
          ? planStacks(some, { terraform, ...copies, isSilent: json, files: (stack) => contextFiles(contextOf(delivery, stack)) })
          : Promise.resolve({ planned: new Map(), later: new Map(), failed: new Map(), folders: new Map() });
      if (wait !== undefined) {
        await waitForContracts(reach, changed, { milliseconds: wait, signal });
        await records.note(changed);
      }
      const plans = await plan(changed);
      if (wait !== undefined) await planLater(plans, { stacks: changed, plan });
      await requireStates(delivery, plans);
      // The plan of an earlier command would be applied otherwise.
      for (const stack of stacks) if (!plans.planned.has(stack.stack)) forgetPlan(stack);
      const saved = new Map<string, { location: string; saved: SavedPlan }>();
      const summary = await summaryOf(delivery, plans, stacks);
      for (const { stack, reasons } of summary.planned) {
        const planned = plans.planned.get(stack) as PlannedStack;
        const files = savedPlan(delivery, planned, { folder: plans.folders.get(stack) ?? "", reasons });
        const origin = options["pull-request"] ? "pull-request" : "main";
        const isLocal = reach.isLocal;
        saved.set(stack, { location: await savePlan(planned.stack, files, { origin, isLocal }), saved: files });
        // On the server, everyone who may apply could apply it.
        if (origin === "pull-request") await discardRemotePlan(planned.stack, files);
      }
      report(summary, { json, file: options.summary, plans, saved });
    } finally {
      removeWorkingCopies(copies.workFolder);
    }
  },
);

/**
 * Plans the stacks that were left for later with the contracts as they are now. If another stack gives them new values, they are affected
 * again.
 */
async function planLater(plans: Plans, { stacks, plan }: { stacks: Stack[]; plan: (stacks: Stack[]) => Promise<Plans> }): Promise<void> {
  for (const stack of stacks.filter((each) => plans.later.has(each.stack))) {
    const alone = await plan([stack]);
    plans.later.delete(stack.stack);
    for (const [key, planned] of alone.planned) plans.planned.set(key, planned);
    for (const [key, folder] of alone.folders) plans.folders.set(key, folder);
    for (const [key, error] of alone.failed) plans.failed.set(key, error);
  }
}

function contextOf({ records, checkout }: Delivery, stack: Stack): PlanContext {
  const { record: running, state, contractValues } = records.runningBefore(stack);
  return {
    stack: stack.stack,
    account: stack.account,
    region: stack.region,
    commit: checkout.commit,
    isDirty: checkout.changed.length > 0,
    ...(running && { base: running.commit }),
    terraform: terraformVersion(),
    ...(state && { state }),
    contractValues,
  };
}

function savedPlan(
  delivery: Delivery,
  { stack, plan }: PlannedStack,
  { folder, reasons }: { folder: string; reasons: Summary["planned"][number]["reasons"] },
): SavedPlan {
  const [bytes, lockFile] = [readFileSync(join(folder, plan.file)), readFileSync(join(folder, LOCK_FILE))];
  const { changes, dangers, existing, isEmpty, run } = plan;
  const record: PlanRecord = {
    ...contextOf(delivery, stack),
    workspace: workspaceOf(stack, delivery.reach.isLocal),
    fingerprint: delivery.records.fingerprintOf(stack),
    lockFile: sha256(lockFile),
    ...(run && { run }),
    plan: sha256(bytes),
    plannedAt: new Date().toISOString(),
    summary: { changes, dangers, existing, isEmpty, reasons },
  };
  return { record, recordText: JSON.stringify(record, null, 2), plan: bytes, lockFile };
}

/** @throws UserError when a stack could not be planned */
function report(
  summary: Summary,
  { json, file, plans, saved }: { json: boolean; file?: string; plans: Plans; saved: Map<string, { location: string; saved: SavedPlan }> },
): void {
  const text = describeSummary(summary, "npm run apply -- ");
  if (file !== undefined) writeFileSync(file, `${text}\n`);
  if (json) {
    const planned = [...saved].map(
      ([
        stack,
        {
          location,
          saved: { record, recordText },
        },
      ]) => {
        const { plan, fingerprint } = record;
        // Of a run on the server, the record is made again where it is applied.
        const expect = describeExpectation({ plan, fingerprint, location, ...(!record.run && { record: sha256(recordText) }) });
        return { stack, location, expect, ...record.summary };
      },
    );
    const { later, current } = summary;
    process.stdout.write(`${JSON.stringify({ planned, later, current, failed: Object.fromEntries(plans.failed) }, null, 2)}\n`);
  } else {
    const waiting = summary.planned.filter(({ plan }) => !plan.isEmpty).map(({ stack }) => stack);
    const next = waiting.length > 0 ? `\nApply exactly these plans: npm run apply -- ${waiting.join(" ")}\n` : "";
    process.stdout.write(`${text}\n${next}`);
  }
  requirePlans(plans);
}
