import { isDeepStrictEqual } from "node:util";
import type { Stack } from "../artifact/artifact";
import { blocksOf } from "../artifact/contents";
import { parseJson } from "../cli/json";
import { type ResourceChange, shownValues } from "../terraform/plan";

/** A resource that is not in AWS as the last apply left it. */
export interface DriftedResource {
  address: string;
  isDeleted: boolean;
  /** The attributes that differ, each with both values if they can be shown: `visibility_timeout_seconds (120 → 60)`. */
  attributes: string[];
}

/**
 * Attributes that no `stack.ts` sets and that matter all the same: the tags of the provider, by which deploy roles know their own
 * resources, and the code of a lambda that somebody has edited in the console.
 */
const ALSO = ["tags_all", "code_sha256"];

/**
 * Of what Terraform finds changed, that which the stack decides: the resources that are gone, and the attributes that its code sets. The rest
 * is what a service computes, and what another resource sets, such as the versioning of a bucket.
 */
export function driftOf(stack: Pick<Stack, "folder">, changes: ResourceChange[]): DriftedResource[] {
  const blocks = blocksOf(stack);
  return changes.flatMap((resource): DriftedResource[] => {
    const { address, mode, change } = resource;
    if (mode === "data") return [];
    if (change.after === null) return [{ address, isDeleted: true, attributes: [] }];
    const block: Record<string, unknown> | undefined = blocks.get(address);
    const names = block ? [...Object.keys(block), ...ALSO] : Object.keys(change.after);
    const differing = [...new Set(names)].filter((name) => !isSame(change.before?.[name], change.after?.[name])).sort();
    const values = shownValues({ ...change, after_unknown: {} }, differing);
    const attributes = differing.map((name) => (values[name] === undefined ? name : `${name} (${values[name]})`));
    return attributes.length === 0 ? [] : [{ address, isDeleted: false, attributes }];
  });
}

function isSame(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(withoutEmpty(before), withoutEmpty(after));
}

/**
 * A value without its empty parts, because services return an empty list where nothing was set. A text that is JSON is compared by its
 * meaning, because services sort it.
 */
function withoutEmpty(value: unknown): unknown {
  if (typeof value === "string") return /^\s*[[{]/.test(value) ? withoutEmpty(parseJson(value) ?? [value]) : value || undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value || value === 0 ? value : undefined;
  const entries = Object.entries(value).flatMap(([name, part]) => {
    const rest = withoutEmpty(part);
    return rest === undefined ? [] : [[name, rest] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The attributes whose changes Terraform is told to ignore, with the addresses of their resources. */
export function ignoredAttributes(stack: Pick<Stack, "folder">): string[] {
  return [...blocksOf(stack)].flatMap(([address, block]) => {
    const ignored: unknown = block?.lifecycle?.ignore_changes;
    return ignored === undefined ? [] : [`${address}: ${[ignored].flat().join(", ")}`];
  });
}
