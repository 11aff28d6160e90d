import { dangersOf } from "./dangers/dangers";
import { existingResources, type Plan, plannedChanges, type ShownPlan } from "./plan";

/**
 * What is known of a plan with changes without its file.
 * @param stack the id of the stack, by which its dangers are named
 */
export function summaryOfPlan(stack: string, shown: ShownPlan): Pick<Plan, "changes" | "isEmpty" | "existing" | "dangers"> {
  return { changes: plannedChanges(shown), isEmpty: false, existing: existingResources(shown), dangers: dangersOf(stack, shown) };
}
