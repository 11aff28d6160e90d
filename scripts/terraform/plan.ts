import type { Danger } from "./dangers/danger";
import { isMarked, isSensitive } from "./marks";

/** A resource that a plan changes. */
export interface PlannedChange {
  /** Terraform's address: `aws_sqs_queue.placed_queue_8A1C`. */
  address: string;
  type: string;
  /**
   * `replace` destroys the resource and creates it again, in either order. `recreate` does the same with a resource whose creation
   * was interrupted or failed, so that it holds nothing.
   */
  action: "create" | "update" | "replace" | "recreate" | "destroy" | "forget";
  /** The names of the attributes that change, sorted. Empty unless the resource is updated or replaced. */
  attributes: string[];
  /** Both values of the attributes whose values fit in a line and are not secret, by name: `120 → 60`. */
  values: Record<string, string>;
  /** The attributes that AWS cannot change, which is why the resource is replaced. */
  replacedFor: string[];
}

/** A plan that `terraform plan` saved, and that `terraform apply` applies as it is. */
export interface Plan {
  /** The path of the saved plan, relative to the folder of the stack. It can contain secret values. */
  file: string;
  /** The changes of resources, in Terraform's order. Data sources are not among them. */
  changes: PlannedChange[];
  /** Whether an apply would do nothing. A plan without changes of resources can still change an output. */
  isEmpty: boolean;
  /** The number of resources that exist before the apply. */
  existing: number;
  /** What nobody should apply without having seen it. */
  dangers: Danger[];
  /**
   * The run on the server of HCP Terraform that made the plan, and that applies it. Its file only names the run. Absent if Terraform
   * planned on this machine.
   */
  run?: RunOfPlan;
}

/** A run on the server of HCP Terraform. */
export interface RunOfPlan {
  id: string;
  /** The id of the configuration that was uploaded for it, which never changes. */
  configurationVersion: string;
}

/** Whether the apply creates the stack from nothing. */
export function isFirstDeployment({ existing, changes }: Plan): boolean {
  return existing === 0 && changes.length > 0;
}

/** Whether the apply changes a value that other stacks can read: an SSM parameter. */
export function publishes({ changes }: Plan): boolean {
  return changes.some(({ type }) => type === "aws_ssm_parameter");
}

/** The part of `terraform show -json <plan>` that this project reads. */
export interface ShownPlan {
  resource_changes?: ResourceChange[];
  /** What changed in AWS since the last apply. */
  resource_drift?: ResourceChange[];
  /** Whether it lacks the values that Terraform calls sensitive. Two of them look alike then, whatever they are. */
  isRedacted?: boolean;
}

export interface ResourceChange {
  address: string;
  mode: "managed" | "data";
  type: string;
  action_reason?: string;
  change: {
    actions: string[];
    before: Record<string, unknown> | null;
    after: Record<string, unknown> | null;
    after_unknown: Record<string, unknown>;
    /** `true`, or an object that marks the parts that are sensitive. */
    before_sensitive?: unknown;
    after_sensitive?: unknown;
    replace_paths?: (string | number)[][];
  };
}

/** @see https://developer.hashicorp.com/terraform/internals/json-format#change-representation */
export function plannedChanges({ resource_changes = [], isRedacted = false }: ShownPlan): PlannedChange[] {
  return resource_changes.flatMap(({ address, mode, type, action_reason, change }) => {
    const action = action_reason === "replace_because_tainted" ? "recreate" : actionOf(change.actions);
    if (mode === "data" || action === undefined) return [];
    const hasBoth = action === "update" || action === "replace";
    const attributes = hasBoth ? changedAttributes(change, isRedacted) : [];
    const replacedFor = [...new Set((change.replace_paths ?? []).map(([attribute]) => String(attribute)))].sort();
    return [{ address, type, action, attributes, values: shownValues(change, attributes), replacedFor }];
  });
}

/**
 * The number of resources in the state: those that a plan keeps, updates, replaces or destroys, and those that are gone from AWS, which it
 * creates again.
 */
export function existingResources({ resource_changes = [], resource_drift = [] }: ShownPlan): number {
  const kept = resource_changes.filter(({ mode, change }) => mode === "managed" && change.before !== null);
  const gone = resource_drift.filter(({ mode, change }) => mode === "managed" && change.after === null);
  return kept.length + gone.length;
}

function actionOf(actions: string[]): PlannedChange["action"] | undefined {
  if (actions.includes("delete")) return actions.includes("create") ? "replace" : "destroy";
  return (["create", "update", "forget"] as const).find((action) => actions.includes(action));
}

/** The longest value that is shown. Longer ones are policies and the like, which a reviewer reads in the code. */
const LONGEST_VALUE = 40;

/**
 * The values of attributes before and after, where both can be shown. Never those that Terraform calls sensitive, and never the
 * environment of a lambda, which people fill with what they should not.
 */
export function shownValues(
  { before, after, after_unknown, ...marks }: ResourceChange["change"],
  attributes: string[],
): Record<string, string> {
  const isShort = (value: unknown) =>
    value === undefined || value === null || (typeof value !== "object" && String(value).length <= LONGEST_VALUE);
  const shown = attributes.filter((name) => {
    const isHidden = name === "environment" || isSensitive(marks, name);
    return !isHidden && !isMarked(after_unknown[name]) && isShort(before?.[name]) && isShort(after?.[name]);
  });
  return Object.fromEntries(shown.map((name) => [name, `${before?.[name] ?? "none"} → ${after?.[name] ?? "none"}`]));
}

/** @param isRedacted then those that are sensitive count as changed, because nobody can tell */
function changedAttributes({ before, after, after_unknown, ...marks }: ResourceChange["change"], isRedacted: boolean): string[] {
  const hidden = isRedacted ? [...markedAttributes(marks.before_sensitive), ...markedAttributes(marks.after_sensitive)] : [];
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {}), ...Object.keys(after_unknown), ...hidden]);
  const hasChanged = (name: string) =>
    isMarked(after_unknown[name]) || hidden.includes(name) || JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]);
  return [...names].filter(hasChanged).sort();
}

/** The names of the attributes that Terraform marks, or a part of which it marks. */
function markedAttributes(marks: unknown): string[] {
  if (typeof marks !== "object" || marks === null) return [];
  return Object.entries(marks).flatMap(([name, mark]) => (isMarked(mark) ? [name] : []));
}
