import { destructive, type Plan, type PlannedChange } from "./plan";
import type { PlannedStack } from "./planning";

const SIGNS = { create: "+", update: "~", replace: "-/+", recreate: "-/+", destroy: "-", forget: "." } as const;

/** One change as a line: `~ aws_lambda_function.place_function_2F (source_code_hash)`. It never contains a value. */
export function describeChange({ action, address, attributes, replacedFor }: PlannedChange): string {
  const sign = SIGNS[action].padEnd(3);
  if (action === "replace")
    return `${sign} ${address}: replaced${replacedFor.length > 0 ? `, because AWS cannot change ${replacedFor.join(", ")}` : ""}`;
  if (action === "recreate") return `${sign} ${address}: created again, because its creation did not finish`;
  if (action === "destroy") return `${sign} ${address}: destroyed`;
  if (action === "forget") return `${sign} ${address}: no longer managed, and not destroyed`;
  return `${sign} ${address}${attributes.length > 0 ? ` (${attributes.join(", ")})` : ""}`;
}

/** The plan of a stack: a line with the numbers, then each change that is not in {@link describeDestructive}. */
export function describePlan({ stack, plan }: PlannedStack): string[] {
  const changes = plan.changes.filter(({ action }) => action !== "destroy" && action !== "replace");
  // Of a stack that does not exist yet, the addresses say nothing that its code does not say.
  const lines = plan.existing === 0 ? [] : changes.map((change) => `    ${describeChange(change)}`);
  return [`  ${stack.stack}: ${numbers(plan)}`, ...lines];
}

function numbers(plan: Plan): string {
  if (plan.isEmpty) return "no changes";
  const count = (action: PlannedChange["action"]) => plan.changes.filter((change) => change.action === action).length;
  const texts = [
    [count("create"), "to create"],
    [count("update"), "to update"],
    [count("replace"), "to replace"],
    [count("recreate"), "to create again"],
    [count("destroy"), "to destroy"],
    [count("forget"), "to forget"],
  ].flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`]));
  if (texts.length === 0) return "only outputs change";
  return `${plan.existing === 0 ? "new, " : ""}${texts.join(", ")}`;
}

/** Everything that the plan of a stack replaces or destroys. Empty if it is nothing. */
export function describeDestructive({ stack, plan }: PlannedStack): string[] {
  const changes = destructive(plan);
  return changes.length === 0 ? [] : [`  ${stack.stack}`, ...changes.map((change) => `    ${describeChange(change)}`)];
}
