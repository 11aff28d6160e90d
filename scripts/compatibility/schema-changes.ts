import { isDeepStrictEqual } from "node:util";

/** A difference between two schemas of one event. */
export interface SchemaChange {
  /** The path of the field: `items[].quantity`. Empty for the event itself. */
  field: string;
  /** `maximum changed from 1000 to 100` */
  change: string;
}

type Schema = Record<string, unknown>;

interface Field {
  schema: Schema;
  presence: "required" | "optional";
}

/** Keywords that have no effect on which values are valid. */
const DOCUMENTATION = ["$schema", "$comment", "title", "description", "examples", "deprecated", "readOnly"];

/** Keywords whose value is a schema or a list of schemas. The value of every other keyword must stay equal as a whole. */
const SCHEMA_KEYWORDS = ["items", "additionalProperties", "anyOf", "oneOf"];

/** Keywords that describe the fields of an object, which are compared one by one. */
const FIELD_KEYWORDS = ["properties", "required"];

/**
 * Compares two JSON Schemas of one event. zod generated them, and they describe the values that a receiver accepts.
 *
 * Documentation can change. A field can be added if it is optional: old messages do not have it, and old receivers ignore it.
 * Every other difference is a change that messages in flight would not survive.
 * @param path the path of the schemas in the event
 * @returns those changes; empty if there are none
 */
export function schemaChanges(before: Schema, after: Schema, path = ""): SchemaChange[] {
  const old = withVariants(before);
  const current = withVariants(after);
  const keywords = union(Object.keys(old), Object.keys(current));
  const compared = keywords.filter((keyword) => !DOCUMENTATION.includes(keyword) && !FIELD_KEYWORDS.includes(keyword));
  return [
    ...compared.flatMap((keyword) => keywordChanges(keyword, old[keyword], current[keyword], path)),
    ...fieldsChanges(old, current, path),
  ];
}

function keywordChanges(keyword: string, before: unknown, after: unknown, path: string): SchemaChange[] {
  if (SCHEMA_KEYWORDS.includes(keyword)) {
    const old = toSchemas(before);
    const current = toSchemas(after);
    if (old && current && old.length === current.length)
      return old.flatMap((schema, index) => schemaChanges(schema, current[index] as Schema, path + pathOf(keyword, index)));
  }
  if (isDeepStrictEqual(before, after)) return [];
  return [{ field: path, change: `${keyword} changed from ${show(before)} to ${show(after)}` }];
}

function fieldsChanges(before: Schema, after: Schema, path: string): SchemaChange[] {
  const old = fieldsOf(before);
  const current = fieldsOf(after);
  return union([...old.keys()], [...current.keys()]).flatMap((name) => {
    const field = path ? `${path}.${name}` : name;
    const oldField = old.get(name);
    const currentField = current.get(name);
    if (oldField && currentField) return fieldChanges(oldField, currentField, field);
    if (!currentField) return [{ field, change: "was removed" }];
    return addedFieldChanges(currentField, before, field);
  });
}

function fieldChanges(before: Field, after: Field, field: string): SchemaChange[] {
  const changes = schemaChanges(before.schema, after.schema, field);
  if (before.presence === after.presence) return changes;
  return [...changes, { field, change: `changed from ${before.presence} to ${after.presence}` }];
}

/** @param parent the schema before the change, of the object that the field was added to */
function addedFieldChanges({ presence }: Field, parent: Schema, field: string): SchemaChange[] {
  if (presence === "required") return [{ field, change: "was added as a required field, which old messages do not have" }];
  const { additionalProperties } = parent;
  // Old receivers ignore an unknown field only if their schema does not mention unknown fields.
  if (additionalProperties === undefined) return [];
  return [{ field, change: `was added, but additionalProperties was ${show(additionalProperties)}` }];
}

/** The fields of an object, by name. The fields of a record with fixed keys are in `required` only. */
function fieldsOf({ properties = {}, required = [] }: Schema): Map<string, Field> {
  const schemas = new Map(Object.entries(properties as Record<string, Schema>));
  const requiredNames = new Set(required as string[]);
  const names = union([...schemas.keys()], [...requiredNames]);
  return new Map(
    names.map((name) => [name, { schema: schemas.get(name) ?? {}, presence: requiredNames.has(name) ? "required" : "optional" }]),
  );
}

/** Gives variants one form: zod writes them as a list of types, or as `anyOf` if one of them has a description or a constraint. */
function withVariants({ type, ...rest }: Schema): Schema {
  return Array.isArray(type) ? { ...rest, anyOf: type.map((each) => ({ type: each })) } : { type, ...rest };
}

/** The value of a keyword as a list of schemas. Undefined if it is something else, such as `additionalProperties: false`. */
function toSchemas(value: unknown): Schema[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.every(isSchema) ? values : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null;
}

/** What a keyword adds to the path: `items[]`, `prices.*`, and `status(2)` for the second variant. */
function pathOf(keyword: string, index: number): string {
  if (keyword === "items") return "[]";
  if (keyword === "additionalProperties") return ".*";
  return `(${index + 1})`;
}

function union(one: string[], other: string[]): string[] {
  return [...new Set([...one, ...other])];
}

function show(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
