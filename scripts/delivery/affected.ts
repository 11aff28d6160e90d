import { deployedStackId, stackId } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { blocksOf, contentsOf } from "../artifact/contents";
import type { SynthesizedCommit } from "./base";
import { causesSince } from "./bundle-causes";
import { type DeployedRecord, hashOfValues, hasRecordedState } from "./deployed-record";
import { type ComparedStack, type Reason, reasonsBetween } from "./reasons";
import { recordedDomains } from "./record-store";
import { type Reach, type RunningStack, runningStacks } from "./running-stacks";

/** What a change affects. */
export interface Affected {
  /** The stacks that a deployment would change, in the order in which they can be deployed. */
  affected: AffectedStack[];
  /** The stacks that read a contract of an affected one, directly or through others, and are not affected themselves. */
  dependents: string[];
  /** The stacks that do not exist any more. Nothing destroys them. */
  deleted: string[];
  /** The stacks whose domain has another name now. What is deployed keeps its names. */
  renamed: { from: string; to: string }[];
}

export interface AffectedStack {
  stack: string;
  reasons: Reason[];
}

/**
 * Compares the artifact with the one of another commit, in both directions.
 * @param stacks those of the artifact that are compared
 * @param all of the artifact: a stack of the commit that is not among them was deleted
 */
export async function affectedSince(base: SynthesizedCommit, stacks: Stack[], all: Stack[]): Promise<Affected> {
  const findCauses = causesSince(base.commit);
  const before = new Map(base.stacks.map((stack) => [deployedStackId(stack), stack]));
  const affected: AffectedStack[] = [];
  const renamed: Affected["renamed"] = [];
  for (const stack of stacks) {
    const old = before.get(deployedStackId(stack));
    if (old && old.stack !== stack.stack) renamed.push({ from: old.stack, to: stack.stack });
    const reasons = old ? await reasonsBetween(comparedStack(old), comparedStack(stack), findCauses) : [newStack()];
    if (reasons.length > 0) affected.push({ stack: stack.stack, reasons });
  }
  return { affected, dependents: dependentsAmong(stacks, affected, all), deleted: deletedSince(base, stacks, all), renamed };
}

/** The stacks of a commit that do not exist any more, in the environments of the compared stacks and in those that are gone, too. */
function deletedSince(base: SynthesizedCommit, stacks: Stack[], all: Stack[]): string[] {
  const present = new Set(all.map(deployedStackId));
  const hasEnvironmentOf = (list: Stack[], { environment }: Stack) => list.some((stack) => stack.environment === environment);
  const isCompared = (stack: Stack) => hasEnvironmentOf(stacks, stack) || !hasEnvironmentOf(all, stack);
  return base.stacks.filter((stack) => isCompared(stack) && !present.has(deployedStackId(stack))).map(({ stack }) => stack);
}

function newStack(): Reason {
  return { code: "new-stack", detail: "it does not exist in the base" };
}

function comparedStack(stack: Stack): ComparedStack {
  return { contents: contentsOf(stack), lambdas: stack.lambdas, blocks: blocksOf(stack) };
}

/**
 * Compares the artifact with what runs in one environment.
 * @param stacks those that are compared
 * @param all of the artifact: a stack that runs and is not among them was deleted
 */
export async function affectedOfDeployed(reach: Reach, stacks: Stack[], all: Stack[]): Promise<Affected> {
  const running = await runningStacks(reach, stacks);
  const affected: AffectedStack[] = [];
  const renamed: Affected["renamed"] = [];
  for (const stack of stacks) {
    const found = running.get(stack.stack) as RunningStack;
    if (found.record && found.record.stack !== stack.stack) renamed.push({ from: found.record.stack, to: stack.stack });
    const reasons = await reasonsToDeploy(stack, found);
    if (reasons.length > 0) affected.push({ stack: stack.stack, reasons });
  }
  return { affected, dependents: dependentsAmong(stacks, affected, all), deleted: await deletedStacks(reach, stacks, all), renamed };
}

/** The stacks that have a record in an environment of these stacks, and are not in the artifact any more. */
async function deletedStacks({ ssm }: Reach, stacks: Stack[], all: Stack[]): Promise<string[]> {
  const environments = [...new Map(stacks.map((stack) => [stack.environment, stack])).values()];
  const known = new Set(all.map(deployedStackId));
  const deleted = await Promise.all(
    environments.map(async ({ project, environment }) => {
      const domains = await recordedDomains(ssm, { project, environment });
      return domains.map((domain) => stackId({ domain, environment })).filter((id) => !known.has(id));
    }),
  );
  return deleted.flat();
}

/** Why a stack is not what runs. The result is empty if a deployment would change nothing. */
export async function reasonsToDeploy(stack: Stack, { record, state, contractValues }: RunningStack): Promise<Reason[]> {
  if (record === undefined) {
    return state === undefined
      ? [{ code: "new-stack", detail: "it was never deployed" }]
      : [{ code: "not-recorded", detail: "it has a state, but no record of what runs" }];
  }
  const contents = contentsOf(stack);
  const reasons: Reason[] = [];
  if (!hasRecordedState(record, state)) reasons.push({ code: "changed-outside", detail: serials(record, state) });
  if (record.contracts !== hashOfValues(contractValues)) reasons.push(...contractReasons(record, contractValues));
  if (record.fingerprint !== contents.fingerprint) reasons.push(...(await contentReasons(stack, record)));
  return reasons;
}

function serials({ state: recorded }: DeployedRecord, found: RunningStack["state"]): string {
  if (found === undefined) return "its state is gone";
  if (recorded?.lineage !== found.lineage) return "its state is another one than after the last deployment";
  return `its state has the serial ${found.serial}, and the last deployment left ${recorded?.serial ?? "none"}`;
}

function contractReasons({ details }: DeployedRecord, values: Record<string, string>): Reason[] {
  const before = details?.contractValues ?? {};
  const names = [...new Set([...Object.keys(before), ...Object.keys(values)])].sort();
  const changed = names.filter((name) => before[name] !== values[name]);
  const detail = (name: string) => {
    if (before[name] === undefined) return `${name} was not read before`;
    return values[name] === undefined ? `${name} is not read any more, or is gone` : `${name} has another value`;
  };
  return changed.map((name) => ({ code: "contract-value", detail: detail(name) }));
}

async function contentReasons(stack: Stack, { details, commit }: DeployedRecord): Promise<Reason[]> {
  // The command that wrote the record was killed. What differs is not known, and the stack must not be missed.
  if (details === undefined) return [{ code: "not-recorded", detail: "its record is incomplete, so what differs is not known" }];
  const before: ComparedStack = { contents: details, lambdas: details.description.lambdas };
  return reasonsBetween(before, comparedStack(stack), causesSince(commit));
}

/** Those of some stacks that are dependents of affected ones. What is between them need not be among the stacks. */
function dependentsAmong(stacks: Stack[], affected: { stack: string }[], all: Stack[]): string[] {
  const compared = new Set(stacks.map(({ stack }) => stack));
  return dependentsOf(affected, all).filter((id) => compared.has(id));
}

/** The stacks that read contracts of affected ones, directly or through others, and are not affected themselves. */
export function dependentsOf(affected: { stack: string }[], stacks: Stack[]): string[] {
  const reached = new Set(affected.map(({ stack }) => stack));
  const dependents: string[] = [];
  // Each stack comes after those that it needs.
  for (const { stack, needs } of stacks) {
    if (reached.has(stack) || !needs.some((id) => reached.has(id))) continue;
    reached.add(stack);
    dependents.push(stack);
  }
  return dependents;
}
