import { mkdirSync, mkdtempSync } from "node:fs";
import { SSM } from "@aws-sdk/client-ssm";
import project from "../../project.config";
import { UserError } from "../../shared/errors";
import { checkZips, readArtifact, type Stack, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { checkAccount } from "../aws/account";
import { LOCAL_MARK } from "../aws/shell";
import { statePath } from "../local/files";
import { checkWorkspaces } from "../terraform/hcp";
import type { WorkingCopyOptions } from "../terraform/initialized-copy";
import { checkOtherStates } from "../terraform/other-states";
import { isFirstDeployment } from "../terraform/plan";
import type { Plans } from "../terraform/planning";
import { checkUnsavedState } from "../terraform/unsaved-state";
import { checkInstalledPackages } from "./base";
import { type Checkout, NO_COMMIT, readCheckout, shortCommit } from "./git";
import { DeploymentRecords, type Reach, requireKnownState } from "./running-stacks";

const WORK_FOLDER = ".deploy";

/** What `plan`, `apply`, `deploy` and `rollback` begin with: stacks that may be changed, and how to reach them. */
export interface Delivery {
  /** In the order in which they can be deployed. */
  stacks: Stack[];
  /** Every stack of the artifact. */
  all: Stack[];
  checkout: Checkout;
  reach: Reach;
  /** The stacks are noted in it. */
  records: DeploymentRecords;
  /** The account and the region, for people. */
  where: string;
  signal: AbortSignal;
}

/**
 * Synthesizes, and checks everything that can be checked before Terraform starts. It changes nothing.
 * @param names of stacks or environments
 * @throws UserError when a name is unknown, the artifact or an earlier state is damaged, the credentials belong to another account, or the
 * checkout has changes that may not go into an environment
 */
export async function openDelivery(
  names: string[],
  { skipSynth = false, signal }: { skipSynth?: boolean; signal: AbortSignal },
): Promise<Delivery> {
  if (!skipSynth) {
    checkInstalledPackages();
    await build(signal);
  }
  const all = readArtifact();
  const stacks = selectStacks(all, names);
  checkZips(stacks);
  checkUnsavedState(WORK_FOLDER, stacks);
  const reach = await reachOf(stacks);
  // On the local AWS, the state is not in HCP Terraform.
  if (!reach.isLocal) await checkWorkspaces(stacks);
  const checkout = await readCheckout();
  if (!reach.isLocal) requireCommitted(stacks, checkout);
  // State, plans and logs can contain secret values. They are for this user only.
  process.umask(0o077);
  const records = new DeploymentRecords(reach, checkout);
  await records.note(stacks);
  const accounts = [...new Set(stacks.map(({ account, region }) => `account ${account}, ${region}`))];
  return { stacks, all, checkout, reach, records, where: accounts.join("; "), signal };
}

/**
 * Checks that the credentials of this shell reach the stacks.
 * @throws UserError when they belong to another account
 */
export async function reachOf(stacks: Stack[]): Promise<Reach> {
  const [first] = stacks as [Stack];
  const oneOfEachAccount = new Map(stacks.map((stack) => [stack.account, stack]));
  for (const stack of oneOfEachAccount.values()) await checkAccount(stack);
  // The state of the local AWS is in a place of its own. A Terraform with this workspace would look for it elsewhere.
  if (isLocalShell()) delete process.env.TF_WORKSPACE;
  return { ssm: new SSM({ region: first.region }), isLocal: isLocalShell() };
}

/** Whether this shell is for the local AWS. */
export function isLocalShell(): boolean {
  return Boolean(process.env[LOCAL_MARK]);
}

/** What nobody can synthesize again cannot be rolled back to. The first environment is there to try such changes. */
function requireCommitted(stacks: Stack[], { commit, changed }: Checkout): void {
  const first = project.environments[0]?.name;
  const later = stacks.filter(({ environment }) => environment !== first);
  const names = later.map(({ stack }) => stack).join(", ");
  if (later.length > 0 && commit === NO_COMMIT) {
    throw new UserError(`${names}: this folder is not in git, so nobody could deploy the same again. Use a clone. Nothing was changed.`);
  }
  if (later.length === 0 || changed.length === 0) return;
  const files = changed.length > 3 ? `${changed.slice(0, 3).join(", ")} and ${changed.length - 3} more` : changed.join(", ");
  throw new UserError(
    `${names}: the checkout differs from its commit ${shortCommit(commit)} in ${files}. Only ${first} takes changes that are not committed, because nobody could deploy them again. Commit them first. Nothing was changed.`,
  );
}

/**
 * How Terraform runs for these stacks. In a shell for the local AWS, the state is where `npm run local` keeps it, whatever `state` in
 * `project.config.ts` says: no command for the local AWS writes to the state of a team.
 * @param records if given, each copy must be what was noted in them
 * @returns with a folder of its own, because two commands may run at the same time
 */
export function workingCopies(records?: DeploymentRecords): WorkingCopyOptions {
  mkdirSync(WORK_FOLDER, { recursive: true });
  const workFolder = mkdtempSync(`${WORK_FOLDER}/run-`);
  const options = { workFolder, ...(records && { expectedFingerprint: (stack: Stack) => records.fingerprintOf(stack) }) };
  if (!isLocalShell()) return options;
  return { ...options, backendOverride: (stack) => ({ local: { path: statePath(stack) } }) };
}

/**
 * The stacks that deliveries must leave as they are, because somebody has rolled them back.
 * @throws UserError when a held stack was named itself, and not only its environment
 */
export function heldStacks({ stacks, records }: Pick<Delivery, "stacks" | "records">, names: string[]): Stack[] {
  const held = stacks.filter((stack) => records.runningBefore(stack).record?.hold !== undefined);
  for (const stack of held) {
    const { commit = "", hold } = records.runningBefore(stack).record ?? {};
    const text = `${stack.stack} is held at ${shortCommit(commit)} since ${hold?.since}: it was rolled back from ${shortCommit(hold?.rolledBackFrom ?? "")}`;
    if (names.includes(stack.stack)) {
      throw new UserError(`${text}. Nothing was changed. To deploy it again, release it: npm run rollback -- --release ${stack.stack}`);
    }
    process.stderr.write(`${text}. It is left out.\n`);
  }
  return held;
}

/**
 * Checks that every stack was planned from the state that it has, wherever that is.
 * @throws UserError when Terraform would create a stack a second time
 */
export async function requireStates({ records, reach }: Pick<Delivery, "records" | "reach">, { planned }: Plans): Promise<void> {
  const plans = [...planned.values()];
  const created = plans.filter(({ plan }) => isFirstDeployment(plan)).map(({ stack }) => stack);
  if (!reach.isLocal) await checkOtherStates(created);
  for (const { stack, plan } of plans) requireKnownState(stack, plan, records.runningBefore(stack));
}

/** Says that stacks run as they are in the checkout. */
export function nothingToDo(stacks: Stack[]): string {
  const ids = stacks.map(({ stack }) => stack).join(", ");
  return `Nothing to do: ${ids} ${stacks.length === 1 ? "runs as it is" : "run as they are"} in this checkout.`;
}
