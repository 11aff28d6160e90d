import type { Plan, PlannedChange } from "../../scripts/terraform/plan";

/** A change of a queue in a plan. @param changes replace the other fields */
export function plannedChange(action: PlannedChange["action"], changes: Partial<PlannedChange> = {}): PlannedChange {
  return { address: "aws_sqs_queue.x", type: "aws_sqs_queue", action, attributes: [], values: {}, replacedFor: [], ...changes };
}

/** The plan of a stack that exists. @param changes replace the other fields */
export function planWith(planned: PlannedChange[], changes: Partial<Plan> = {}): Plan {
  return { file: "plan", changes: planned, isEmpty: planned.length === 0, existing: 1, dangers: [], ...changes };
}
