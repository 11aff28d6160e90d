import { UserError } from "../../shared/errors";
import { readArtifact, type Stack, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { requireSecrets } from "../aws/secret-values";
import { runCommand } from "../cli/command";
import { isConfirmed, requireTerminal } from "../cli/confirm";
import { requireAccepted } from "../delivery/acceptance";
import { withSynthesizedCommit } from "../delivery/base";
import { reachOf, workingCopies } from "../delivery/delivery";
import type { Deployed, DeployedRecord } from "../delivery/deployed-record";
import { commitOf, shortCommit } from "../delivery/git";
import { readRecords, writeRecord } from "../delivery/record-store";
import { earlierDeployment, earlierStack, NOT_UNDONE, requireCompatible } from "../delivery/rollback";
import { DeploymentRecords, type Reach } from "../delivery/running-stacks";
import { describeSummary } from "../delivery/summary-text";
import { deployStacks } from "../terraform/deployment";
import { checkWorkspaces } from "../terraform/hcp";
import { planStacks, requirePlans } from "../terraform/planning";
import { Terraform } from "../terraform/terraform";
import { checkUnsavedState, removeWorkingCopies } from "../terraform/unsaved-state";

const HELP = `
npm run rollback -- <domain>-<environment> [<commit>]

Deploys what ran before, or what ran of this commit. It synthesizes that commit again, checks that the
result is what was deployed, shows the plan, asks, and applies it. From then on the stack is held: deploy
leaves it out, until it is released. It is refused if a stack that runs, or an event, would not survive.

  npm run rollback -- orders-live              what ran before
  npm run rollback -- orders-live 91bd7e0      what ran of this commit
  npm run rollback -- --release orders-live    let deployments change it again

  --release            end the hold of the stack, and change nothing else
  --skip-synth         use the existing cdktf.out to find the stack
  --yes                do not ask
  --accept <address>   accept a dangerous change by the name that the plan shows. Can be given more
                       than once`;

const FETCH = "Fetch it: git fetch origin";

const OPTIONS = {
  release: { type: "boolean" },
  "skip-synth": { type: "boolean" },
  yes: { type: "boolean" },
  accept: { type: "string", multiple: true },
} as const;

void runCommand({ help: HELP, options: OPTIONS, positionals: { min: 1, max: 2 } }, async ({ positionals, options, signal }) => {
  const { yes = false, release = false, accept = [] } = options;
  const [name = "", ref] = positionals;
  if (release && ref !== undefined) throw new UserError("--release takes the stack only, because it deploys nothing.");
  if (!yes) requireTerminal();
  if (!options["skip-synth"]) await build(signal);
  const all = readArtifact();
  const [stack, ...others] = selectStacks(all, [name]);
  if (!stack || others.length > 0)
    throw new UserError(`"${name}" is an environment. Roll back one stack at a time: npm run rollback -- orders-${name}`);
  const reach = await reachOf([stack]);
  const record = (await readRecords(reach.ssm, [stack])).get(stack.stack);
  if (!record)
    throw new UserError(
      `${stack.stack} has no record of what runs, so nobody knows what ran before. Deploy it first. Nothing was changed.`,
    );
  if (release) {
    if (yes || (await isConfirmed(`Let deployments change ${stack.stack} again?`, signal))) await releaseHold(reach, stack, record);
    return;
  }
  checkUnsavedState(".deploy", [stack]);
  if (!reach.isLocal) await checkWorkspaces([stack]);
  const target = earlierDeployment(stack, record, ref === undefined ? undefined : await commitOf(ref, { fix: FETCH }));
  // Of a shallow clone, it says so.
  await commitOf(target.commit, { fix: FETCH });
  process.stdout.write(`Synthesizing ${shortCommit(target.commit)}, which was deployed at ${target.deployedAt}…\n`);
  await withSynthesizedCommit(target.commit, signal, async (commit) => {
    const earlier = earlierStack(stack, commit, target);
    await requireCompatible(reach, earlier, { all, signal });
    await requireSecrets([earlier]);
    await deploy(earlier, {
      reach,
      record,
      target,
      yes,
      accept,
      command: `npm run rollback -- ${positionals.join(" ")}${yes ? " --yes" : ""}`,
      signal,
    });
  });
});

async function releaseHold(reach: Reach, stack: Stack, { hold, ...record }: DeployedRecord): Promise<void> {
  if (!hold) throw new UserError(`${stack.stack} is not held. Nothing was changed.`);
  await writeRecord(reach.ssm, stack, record);
  process.stdout.write(`${stack.stack} is released. It still runs ${shortCommit(record.commit)} until somebody deploys it.\n`);
}

interface Rollback {
  reach: Reach;
  /** Of what runs. */
  record: DeployedRecord;
  target: Deployed;
  yes: boolean;
  accept: string[];
  /** The command as it was given, for messages. */
  command: string;
  signal: AbortSignal;
}

async function deploy(earlier: Stack, { reach, record, target, yes, accept, command, signal }: Rollback): Promise<void> {
  process.umask(0o077);
  const records = new DeploymentRecords(reach, { commit: target.commit, changed: [] });
  await records.note([earlier]);
  const copies = workingCopies(records);
  try {
    const terraform = new Terraform({}, signal);
    const plans = await planStacks([earlier], { terraform, ...copies });
    requirePlans(plans);
    const planned = [...plans.planned.values()].map(({ stack, plan }) => ({ stack: stack.stack, reasons: [], plan }));
    process.stdout.write(
      `\n${describeSummary({ planned, later: [], current: [], agreements: [] }, "npm run rollback -- ")}\n\n${NOT_UNDONE}\n\n`,
    );
    const dangerous = planned.map(({ stack, plan: { dangers } }) => ({ stack, dangers }));
    requireAccepted(dangerous, accept, { command, isComplete: true });
    const action = `Roll ${earlier.stack} back from ${shortCommit(record.commit)} to ${shortCommit(target.commit)}`;
    if (!yes && !(await isConfirmed(`${action}?`, signal))) return;
    process.stdout.write(`${action}\n`);
    const hold = { rolledBackFrom: record.hold?.rolledBackFrom ?? record.commit, since: new Date().toISOString() };
    // Before the apply: if it fails or is interrupted, a delivery must not go forward again.
    await writeRecord(reach.ssm, earlier, { ...record, hold });
    await deployStacks([earlier], {
      terraform,
      ...copies,
      plans: plans.planned,
      folders: plans.folders,
      checkPlan: (stack) => records.requireSameContracts(stack),
      onDeployed: (stack) => records.write(stack, { hold }),
    });
    process.stdout.write(
      `\n${earlier.stack} is held now. To let deployments change it again: npm run rollback -- --release ${earlier.stack}\n`,
    );
  } finally {
    removeWorkingCopies(copies.workFolder);
  }
}
