import type { Stack } from "../artifact/artifact";
import type { Plans } from "../terraform/planning";
import { reasonsToDeploy } from "./affected";
import { agreementsOf } from "./agreements";
import type { Delivery } from "./delivery";
import type { Summary } from "./plan-summary";

/**
 * The summary of plans, with the reasons why each stack is planned.
 * @param stacks all that the command is about. Those without a plan run as they are.
 */
export async function summaryOf({ records, reach, all, signal }: Delivery, plans: Plans, stacks: Stack[]): Promise<Summary> {
  const reasons = new Map<string, Awaited<ReturnType<typeof reasonsToDeploy>>>();
  for (const stack of stacks) reasons.set(stack.stack, await reasonsToDeploy(stack, records.runningBefore(stack)));
  const reasonsOf = (id: string) => reasons.get(id) ?? [];
  const planned = [...plans.planned.values()];
  const isPlanned = new Set([...plans.planned.keys(), ...plans.later.keys()]);
  const changing = stacks.filter(({ stack }) => isPlanned.has(stack));
  return {
    planned: planned.map(({ stack, plan }) => ({ stack: stack.stack, reasons: reasonsOf(stack.stack), plan })),
    later: [...plans.later].map(([stack, after]) => ({ stack, after, reasons: reasonsOf(stack) })),
    current: stacks.map(({ stack }) => stack).filter((id) => !isPlanned.has(id)),
    agreements: await agreementsOf(reach, changing, { all, signal }),
  };
}
