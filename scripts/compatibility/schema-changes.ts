import { isDeepStrictEqual } from "node:util";

/** What of a schema is not as it was. */
export interface SchemaChange {
  /** `items[].quantity`; empty for the event itself. */
  field: string;
  /** `maximum was 1000, is 100` */
  what: string;
}

type Schema = Record<string, unknown>;

/** Says nothing of what fits. */
const DOCUMENTATION = ["$schema", "$comment", "title", "description", "examples", "deprecated", "readOnly"];
/** Hold schemas, which are compared by themselves; every other keyword is compared as it is, whatever it means. */
const NESTED = ["items", "additionalProperties", "anyOf", "oneOf"];

/**
 * Compares two JSON Schemas of one event, as zod makes them of what a receiver takes. Documentation may change, and a field
 * that need not be there may be new: old messages lack it, and old receivers drop it. All else must be what it was.
 */
export function schemaChanges(was: Schema, is: Schema, field = ""): SchemaChange[] {
  const [before, after] = [withVariants(was), withVariants(is)];
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const compared = keywords.filter((each) => ![...DOCUMENTATION, "properties", "required"].includes(each));
  return [
    ...compared.flatMap((keyword) => {
      const [old, fresh] = [[before[keyword]].flat(), [after[keyword]].flat()];
      if (NESTED.includes(keyword) && old.length === fresh.length && old.every(isSchema) && fresh.every(isSchema))
        return old.flatMap((schema, at) => schemaChanges(schema, fresh[at] as Schema, `${field}${placeIn(keyword, at)}`));
      if (isDeepStrictEqual(before[keyword], after[keyword])) return [];
      return [{ field, what: `${keyword} was ${show(before[keyword])}, is ${show(after[keyword])}` }];
    }),
    ...fieldChanges(before, after, field),
  ];
}

function fieldChanges(before: Schema, after: Schema, parent: string): SchemaChange[] {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name) => {
    const field = parent ? `${parent}.${name}` : name;
    const [was, is] = [old.get(name), fresh.get(name)];
    if (!is) return [{ field, what: "is gone" }];
    if (was) return schemaChanges(was, is, field);
    if (is.presence === "required") return [{ field, what: "is new and required (optional would be fine)" }];
    // Old receivers drop what they do not know only where the schema says nothing of it.
    if (before.additionalProperties === undefined) return [];
    return [{ field, what: `is new, and additionalProperties was ${show(before.additionalProperties)}` }];
  });
}

/** The fields of an object, each with its `presence`. A record with fixed keys has them in `required` only. */
function fieldsOf({ properties = {}, required = [] }: Schema): Map<string, Schema> {
  const needed = new Set(required as string[]);
  const fields = new Map(Object.entries(properties as Record<string, Schema>));
  const names = [...new Set([...fields.keys(), ...needed])];
  return new Map(names.map((name) => [name, { ...fields.get(name), presence: needed.has(name) ? "required" : "optional" }]));
}

/** zod writes plain variants as a list of types, and as `anyOf` when one has so much as a description. */
function withVariants({ type, ...rest }: Schema): Schema {
  return Array.isArray(type) ? { ...rest, anyOf: type.map((each) => ({ type: each })) } : { type, ...rest };
}

function placeIn(keyword: string, at: number): string {
  return keyword === "items" ? "[]" : keyword === "additionalProperties" ? ".*" : `(${at + 1})`;
}

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;
const show = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));
