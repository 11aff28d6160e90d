import { isDeepStrictEqual } from "node:util";

/** What of a schema a receiver or a message would not survive. */
export interface SchemaChange {
  /** `items[].quantity`; empty for the event itself. */
  field: string;
  /** `maximum was 1000, is 100: …` */
  what: string;
}

type Schema = Record<string, unknown>;

/** Says nothing of what fits. */
const DOCUMENTATION = ["$schema", "$comment", "title", "description", "examples", "deprecated", "readOnly"];
/** Each narrows what fits. A keyword that is neither here nor below cannot be judged. */
const CONSTRAINTS = [
  ...["minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"],
  ...["multipleOf", "pattern", "format", "contentEncoding", "const"],
];
const OLD_MESSAGE = "a message in flight need not fit";
const OLD_RECEIVER = "a receiver that is still the old one refuses what is new";

/**
 * Compares two JSON Schemas of one event, as zod makes them of what a receiver takes. Both must hold, for domains deploy
 * alone and may be rolled back: the new schema takes every old message, and the old one every new message. A sender
 * writes what its schema knows, and every default.
 */
export function schemaChanges(was: Schema, is: Schema, field = ""): SchemaChange[] {
  const [before, after] = [withVariants(was), withVariants(is)];
  const change = (what: string): SchemaChange[] => [{ field, what }];
  const changed = (keyword: string) => !isDeepStrictEqual(before[keyword], after[keyword]);
  const difference = (keyword: string) => `${keyword} was ${show(before[keyword])}, is ${show(after[keyword])}`;

  if (typeOf(before) !== typeOf(after)) return change(`type was ${typeOf(before)}, is ${typeOf(after)}`);
  const keywords = [...new Set(Object.keys({ ...before, ...after }))].filter((each) => changed(each) && !DOCUMENTATION.includes(each));
  const others = keywords.filter((each) => each !== "properties" && each !== "required");
  return [
    ...(others.length < keywords.length ? fieldChanges(before, after, field) : []),
    ...others.flatMap((keyword): SchemaChange[] => {
      const [old, fresh] = [before[keyword], after[keyword]];
      if (CONSTRAINTS.includes(keyword))
        return change(`${difference(keyword)}: ${narrows(keyword, old, fresh) ? OLD_MESSAGE : OLD_RECEIVER}`);
      if (keyword === "items" && isSchema(old) && isSchema(fresh)) return schemaChanges(old, fresh, `${field}[]`);
      if (keyword === "additionalProperties") {
        if (isSchema(old) && isSchema(fresh)) return schemaChanges(old, fresh, under(field, "*"));
        return change(`fields that it does not know were ${unknown(old)}, are ${unknown(fresh)}`);
      }
      if ((keyword === "anyOf" || keyword === "oneOf") && Array.isArray(old) && Array.isArray(fresh)) {
        if (old.length !== fresh.length)
          return change(`had ${old.length} variants, has ${fresh.length}: ${old.length > fresh.length ? OLD_MESSAGE : OLD_RECEIVER}`);
        return old.flatMap((variant, at) => schemaChanges(variant, fresh[at], `${field}(${at + 1})`));
      }
      if (keyword === "enum" && Array.isArray(old) && Array.isArray(fresh)) {
        const [gone, added] = [old.filter((each) => !fresh.includes(each)), fresh.filter((each) => !old.includes(each))];
        if (gone.length > 0) return change(`the value ${gone.map(show).join(", ")} is gone: ${OLD_MESSAGE}`);
        return added.length > 0 ? change(`the value ${added.map(show).join(", ")} is new: ${OLD_RECEIVER}`) : [];
      }
      // A sender writes the default of its own day, so that an old receiver never misses it.
      if (keyword === "default")
        return old === undefined ? [] : change(`${difference(keyword)}: an event without it would mean something else`);
      return change(`${difference(keyword)}, which cannot be judged`);
    }),
  ];
}

function fieldChanges(before: Schema, after: Schema, path: string): SchemaChange[] {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name): SchemaChange[] => {
    const change = (what: string): SchemaChange[] => [{ field: under(path, name), what }];
    const [was, is] = [old.get(name), fresh.get(name)];
    if (!is) return change("is gone: a receiver that is still the old one misses it");
    if (!was) {
      if (is.required) return change("is new and required: a message in flight does not have it; make it optional");
      const { additionalProperties } = before;
      return additionalProperties === undefined
        ? []
        : change(`is new, and fields that it does not know were ${unknown(additionalProperties)}`);
    }
    if (!was.required && is.required) return change("was optional, is required: a message in flight need not have it");
    const sent = is.required || is.schema.default !== undefined;
    if (was.required && !sent) return change("was required, is optional: a receiver that is still the old one refuses what lacks it");
    return schemaChanges(was.schema, is.schema, under(path, name));
  });
}

/** The fields of an object. A record with fixed keys has them in `required` only. */
function fieldsOf({ properties = {}, required = [] }: Schema): Map<string, { schema: Schema; required: boolean }> {
  const fields = new Map(Object.entries(properties as Record<string, Schema>));
  const needed = new Set(required as string[]);
  return new Map(
    [...new Set([...fields.keys(), ...needed])].map((name) => [name, { schema: fields.get(name) ?? {}, required: needed.has(name) }]),
  );
}

/** Whether what fitted need not fit any more. */
function narrows(keyword: string, before: unknown, after: unknown): boolean {
  if (typeof before !== "number" || typeof after !== "number") return after !== undefined;
  return /min/i.test(keyword) ? after > before : /max/i.test(keyword) ? after < before : true;
}

/** zod writes plain variants as a list of types, and those that say more as `anyOf`. */
function withVariants({ type, ...rest }: Schema): Schema {
  return Array.isArray(type) ? { ...rest, anyOf: type.map((each) => ({ type: each })) } : type === undefined ? rest : { type, ...rest };
}

/** The type in the author's words: `string or null`. */
function typeOf({ type, anyOf }: Schema): string {
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeOf))].join(" or ");
  return String(type ?? "anything");
}

/** What becomes of a field that an object does not know. */
function unknown(additionalProperties: unknown): string {
  if (additionalProperties === undefined) return "dropped";
  return additionalProperties === false ? "refused" : "kept";
}

const under = (path: string, name: string) => (path ? `${path}.${name}` : name);
const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const show = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));
