import type { Json } from "../synth";

/**
 * A plan as HCP shows it to everyone who may see the run: what Terraform needs to print it, with null for each sensitive value.
 * @param planJson what `terraform show -json` prints
 */
export function redacted(planJson: string): object {
  const { resource_changes = [], resource_drift = [], output_changes = {} } = JSON.parse(planJson);
  const inResource = (resource: Json) => ({ ...resource, change: redactedChange(resource.change) });
  return {
    plan_format_version: "1.1",
    resource_changes: resource_changes.map(inResource),
    resource_drift: resource_drift.map(inResource),
    output_changes: Object.fromEntries(Object.entries<Json>(output_changes).map(([name, change]) => [name, redactedChange(change)])),
  };
}

function redactedChange(change: Json): Json {
  const { before, after, before_sensitive, after_sensitive } = change;
  return { ...change, before: without(before, before_sensitive), after: without(after, after_sensitive) };
}

/** A value with null for each part that is marked with `true`. */
function without(value: Json, marks: Json): Json {
  if (marks === true) return null;
  if (typeof marks !== "object" || marks === null || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => without(item, marks[index]));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, without(item, marks[name])]));
}
