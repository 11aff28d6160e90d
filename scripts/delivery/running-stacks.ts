import type { SSM } from "@aws-sdk/client-ssm";
import { UserError } from "../../shared/errors";
import { contractParameter } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { contentsOf, type StackContents } from "../artifact/contents";
import { parameterValues } from "../aws/parameter-values";
import { explainAwsError } from "../cli/aws-error";
import { isFirstDeployment, type Plan } from "../terraform/plan";
import { type FoundState, stateVersion } from "../terraform/state-version";
import { type DeployedRecord, type Hold, hashOfValues, hasRecordedState, recordOf } from "./deployed-record";
import type { Checkout } from "./git";
import { readRecords, writeRecord } from "./record-store";

/** How a command reaches the environment of its stacks. */
export interface Reach {
  /** Has credentials of the account. */
  ssm: SSM;
  /** Whether it is the local AWS, where a stack has another state. */
  isLocal: boolean;
  /**
   * The profile of the AWS CLI whose credentials `ssm` has.
   * @default the credentials of the shell
   */
  profile?: string;
}

/** What runs of a stack, and what it would read now. */
export interface RunningStack {
  /** Undefined if no command of this project has deployed the stack. */
  record?: DeployedRecord;
  /** Undefined if the stack has no state. */
  state?: FoundState;
  /** The present values of the contracts that the artifact's stack reads, by the name of the parameter. Those that are not published are missing. */
  contractValues: Record<string, string>;
}

/** What runs of these stacks, by their id. It starts no Terraform. */
export async function runningStacks(reach: Reach, stacks: Stack[]): Promise<Map<string, RunningStack>> {
  const names = [...new Set(stacks.flatMap(contractNames))];
  const [records, values, states] = await Promise.all([
    readRecords(reach.ssm, stacks),
    parameterValues(reach.ssm, names),
    Promise.all(stacks.map((stack) => stateVersion(stack, reach))),
  ]);
  return new Map(
    stacks.map((stack, index) => {
      const record = records.get(stack.stack);
      return [stack.stack, { ...(record && { record }), state: states[index], contractValues: valuesRead(stack, values) }];
    }),
  );
}

/**
 * Checks that Terraform plans from the state that a stack has. From another one, it would create everything a second time.
 * @throws UserError when a stack that runs is planned as a new one
 */
export function requireKnownState(stack: Stack, plan: Plan, { record, state }: RunningStack): void {
  const hasState = state?.hasResources === true;
  const hasLostState = record !== undefined && state === undefined;
  if (!isFirstDeployment(plan) || !(hasState || hasLostState)) return;
  const runs = record ? `runs since ${record.deployedAt}` : "has a state with resources";
  const where = state ? "plans from another, empty one" : "finds no state of it";
  throw new UserError(
    `${stack.stack} ${runs}, but Terraform ${where}, so it would create everything a second time. Nothing was changed. Bring the state back: docs/state.md, "Going back to an earlier version of the state".`,
  );
}

/**
 * Keeps the records of a deployment: says which stacks need none, and records what runs after each apply. What a stack reads, and what it is,
 * is noted before its plan, because other commands can change both while it is applied.
 */
export class DeploymentRecords {
  private readonly before = new Map<string, RunningStack & { contents: StackContents }>();

  constructor(
    private readonly reach: Reach,
    private readonly checkout: Checkout,
  ) {}

  /**
   * Notes what runs of stacks that are about to be planned. What the stacks are is noted once: their working copies must be that
   * ({@link fingerprintOf}), whatever another command synthesizes meanwhile.
   */
  async note(stacks: Stack[]): Promise<void> {
    const all = await runningStacks(this.reach, stacks).catch((error: Error) => {
      const text = explainAwsError(error);
      throw text === undefined ? error : new UserError(`What runs cannot be read. ${text}`);
    });
    for (const [id, running] of all) {
      const stack = stacks.find((each) => each.stack === id) as Stack;
      this.before.set(id, { ...running, contents: this.before.get(id)?.contents ?? contentsOf(stack) });
    }
  }

  /** The fingerprint of a stack when it was noted. */
  fingerprintOf(stack: Stack): string {
    return this.noted(stack).contents.fingerprint;
  }

  /**
   * Checks that a stack which was planned still reads the same contract values.
   * @throws UserError when one of them has changed since
   */
  async requireSameContracts(stack: Stack): Promise<void> {
    const { contractValues } = this.noted(stack);
    const values = await parameterValues(this.reach.ssm, contractNames(stack));
    const changed = contractNames(stack).filter((name) => values.get(name) !== contractValues[name]);
    if (changed.length === 0) return;
    throw new UserError(
      `${stack.stack} was planned with other values of ${changed.join(", ")}, so its plan is not applied. Plan it again.`,
    );
  }

  /** Whether a stack that was noted runs as it is in the artifact, with the present values of the contracts that it reads. */
  isCurrent(stack: Stack): boolean {
    const { record, state, contractValues, contents } = this.noted(stack);
    if (record === undefined || !hasRecordedState(record, state)) return false;
    return record.contracts === hashOfValues(contractValues) && record.fingerprint === contents.fingerprint;
  }

  /** What ran of a stack when it was noted. */
  runningBefore(stack: Stack): RunningStack {
    return this.noted(stack);
  }

  /**
   * Records that a stack was applied as it was when it was noted.
   * @param hold if deliveries must leave it as it is from now on. A hold that it has stays in any case.
   * @param ssm with other credentials than those that read
   * @throws UserError when the record cannot be written
   */
  async write(stack: Stack, { hold, ssm = this.reach.ssm }: { hold?: Hold; ssm?: SSM } = {}): Promise<void> {
    const { record: previous, contractValues, contents } = this.noted(stack);
    const { commit, changed } = this.checkout;
    const write = async () => {
      const state = await stateVersion(stack, this.reach);
      const deployment = { stack, contents, commit, isDirty: changed.length > 0, contractValues, state, hold: hold ?? previous?.hold };
      await writeRecord(ssm, stack, recordOf(deployment, previous));
    };
    await write().catch(({ message }: Error) => {
      const fix = "Run the command again: it finds nothing to change, and records it";
      throw new UserError(`${stack.stack} is deployed, but what runs could not be recorded: ${message}. ${fix}.`);
    });
  }

  /**
   * Records that a commit gives what runs of a stack, if it was deployed with changes that were committed only later. Otherwise nobody could
   * roll back to it.
   */
  async confirm(stack: Stack): Promise<void> {
    const { record } = this.noted(stack);
    const { commit, changed } = this.checkout;
    if (record?.isDirty && changed.length === 0) await writeRecord(this.reach.ssm, stack, { ...record, commit, isDirty: false });
  }

  private noted({ stack }: Stack): RunningStack & { contents: StackContents } {
    const running = this.before.get(stack);
    if (!running) throw new Error(`${stack} was not noted before its plan.`);
    return running;
  }
}

/** The names of all contract parameters that a stack reads. */
export function contractNames(stack: Stack): string[] {
  return stack.reads.flatMap(({ domain, version, parameters }) =>
    parameters.map((parameter) => contractParameter({ ...stack, domain }, version, parameter)),
  );
}

function valuesRead(stack: Stack, values: Map<string, string>): Record<string, string> {
  const read = contractNames(stack).flatMap((name) => {
    const value = values.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(read);
}
