import type { Stack } from "../artifact/artifact";
import type { Plan } from "../terraform/plan";
import type { Plans } from "../terraform/planning";
import { reasonsToDeploy } from "./affected";
import { agreementsOf } from "./agreements";
import type { Delivery } from "./delivery";
import type { Reason } from "./reasons";

/** What a reviewer has to know about the plan of a stack. It has no value that is secret, so it can stand in a pull request. */
export interface StackSummary {
  stack: string;
  /** Why the stack is planned, if it is known. */
  reasons: Reason[];
  plan: Pick<Plan, "changes" | "dangers" | "existing" | "isEmpty">;
}

/** A stack that can be planned only when others have published their contracts. It is shown from what is synthesized. */
export interface LaterSummary {
  stack: string;
  /** The stacks that publish first. */
  after: string[];
  reasons: Reason[];
}

export interface Summary {
  planned: StackSummary[];
  later: LaterSummary[];
  /** Stacks that run as they are. */
  current: string[];
  /** Changes of contracts and events, and who is concerned. Each is one line. */
  agreements: string[];
}

/**
 * The summary of plans, with the reasons why each stack is planned.
 * @param stacks all that the command is about. Those without a plan run as they are.
 */
export async function summaryOf({ records, reach, all, signal }: Delivery, plans: Plans, stacks: Stack[]): Promise<Summary> {
  const isPlanned = new Set([...plans.planned.keys(), ...plans.later.keys()]);
  const changing = stacks.filter(({ stack }) => isPlanned.has(stack));
  const reasons = new Map<string, Reason[]>();
  for (const stack of changing) reasons.set(stack.stack, await reasonsToDeploy(stack, records.runningBefore(stack)));
  const reasonsOf = (id: string) => reasons.get(id) ?? [];
  const planned = [...plans.planned.values()];
  return {
    planned: planned.map(({ stack, plan }) => ({ stack: stack.stack, reasons: reasonsOf(stack.stack), plan })),
    later: [...plans.later].map(([stack, after]) => ({ stack, after, reasons: reasonsOf(stack) })),
    current: stacks.map(({ stack }) => stack).filter((id) => !isPlanned.has(id)),
    agreements: await agreementsOf(reach, changing, { all, signal }),
  };
}
