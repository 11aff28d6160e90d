import { UserError } from "../../shared/errors";
import { type Stack, terraformBlock } from "../artifact/artifact";
import { bookmarkIn, type Run } from "../terraform/hcp-runs";
import type { StateVersion } from "../terraform/state-version";
import type { Expectation } from "./expectation";
import { type Checkout, shortCommit } from "./git";
import { type SavedPlan, sha256 } from "./plan-record";

/** What an apply finds. It must be what the plan was made with. */
export interface Found {
  stack: Stack;
  workspace: string;
  checkout: Checkout;
  /** Of the stack in the artifact. */
  fingerprint: string;
  /** The version of Terraform. */
  terraform: string;
  state?: StateVersion;
  contractValues: Record<string, string>;
  /** The run that the plan is the bookmark of, as the server has it. Undefined if there is none. */
  run?: Run;
  expected: Expectation;
}

/** One thing that differs, with both values. */
interface Difference {
  what: string;
  planned: string;
  found: string;
}

/**
 * Checks that a saved plan belongs to what is about to be applied. Terraform itself compares less: before 1.15, it does not even refuse a
 * plan of another workspace.
 * @throws UserError that names everything that differs
 */
export function requireSamePlan(saved: SavedPlan, found: Found): void {
  const differences = [...tampered(saved, found.expected), ...differencesBetween(saved, found)];
  if (differences.length === 0) return;
  const id = found.stack.stack;
  const lines = differences.map(({ what, planned, found: now }) => `  ${what}: planned with ${planned}, but it is ${now}`);
  throw new UserError(
    [
      `${id}: the plan is not applied, because it was made for something else. Nothing was changed.`,
      ...lines,
      `Plan again: npm run plan -- ${id}`,
    ].join("\n"),
  );
}

/** The Terraform workspace in which commands use a stack. */
export function workspaceOf(stack: Stack, isLocal: boolean): string {
  if (isLocal) return "local";
  return terraformBlock(stack).cloud?.workspaces.name ?? (process.env.TF_WORKSPACE || "default");
}

/** Bytes that are not those that the record, or the caller, names. */
function tampered({ record, recordText, plan, lockFile }: SavedPlan, expected: Expectation): Difference[] {
  const [ofPlan, ofLockFile, ofRecord] = [sha256(plan), sha256(lockFile), sha256(recordText)];
  return [
    ...compare("the bytes of the plan", record.plan, ofPlan),
    ...compare("the bytes of the lock file", record.lockFile, ofLockFile),
    ...compare("the bytes of the plan (--expect)", expected.plan ?? ofPlan, ofPlan),
    ...compare("the bytes of its record (--expect)", expected.record ?? ofRecord, ofRecord),
    ...compare("the fingerprint in its record (--expect)", expected.fingerprint ?? record.fingerprint, record.fingerprint),
  ];
}

function differencesBetween(saved: SavedPlan, found: Found): Difference[] {
  const { record } = saved;
  const { stack, checkout } = found;
  const commitOf = (commit: string, isDirty: boolean) => `${shortCommit(commit)}${isDirty ? " and changes that are not committed" : ""}`;
  return [
    ...compare("the stack", record.stack, stack.stack),
    ...compare("the account", record.account, stack.account),
    ...compare("the region", record.region, stack.region),
    ...compare("the workspace", record.workspace, found.workspace),
    ...compare("the commit", commitOf(record.commit, record.isDirty), commitOf(checkout.commit, checkout.changed.length > 0)),
    ...compare("the artifact", shortHash(record.fingerprint), shortHash(found.fingerprint)),
    ...compare("Terraform", record.terraform, found.terraform),
    ...compare("the state", describeState(record.state), describeState(found.state)),
    ...contractDifferences(record.contractValues, found.contractValues),
    ...runDifferences(saved, found),
  ];
}

/** The status of a run that waits for its apply, and of one that has nothing to apply. */
const SAVED = "planned_and_saved";
const EMPTY = "planned_and_finished";

/** With a run on the server, the file of the plan proves nothing: the run must be the same one, and still wait for its apply. */
function runDifferences({ record, plan }: SavedPlan, { stack, run }: Found): Difference[] {
  const bookmark = bookmarkIn(plan);
  if (!bookmark && !record.run) return [];
  const hostname = terraformBlock(stack).cloud?.hostname ?? "none";
  const { id = "none", configurationVersion = "none" } = record.run ?? {};
  if (!run) return [{ what: "the run", planned: id, found: "not on the server, or your token may not see it" }];
  return [
    ...compare("the server", bookmark?.hostname ?? "none", hostname),
    ...compare("the run", id, run.id),
    ...compare("the workspace of the run", record.workspace, run.workspace),
    ...compare("the configuration version of the run", configurationVersion, run.configurationVersion),
    ...compare("the status of the run", record.summary.isEmpty ? EMPTY : SAVED, statusOf(run)),
  ];
}

function statusOf({ status, isConfirmable }: Run): string {
  if (isConfirmable) return SAVED;
  return status === SAVED ? `${status}, but nobody can confirm it` : status;
}

function contractDifferences(planned: Record<string, string>, found: Record<string, string>): Difference[] {
  const names = [...new Set([...Object.keys(planned), ...Object.keys(found)])].sort();
  return names.flatMap((name) => compare(`the contract ${name}`, planned[name] ?? "no value", found[name] ?? "no value"));
}

function describeState(state: StateVersion | undefined): string {
  if (state === undefined) return "none";
  return `serial ${state.serial}${state.lineage === undefined ? "" : ` of the lineage ${state.lineage}`}`;
}

function shortHash(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}

function compare(what: string, planned: string, found: string): Difference[] {
  return planned === found ? [] : [{ what, planned, found }];
}
