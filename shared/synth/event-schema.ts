import * as z from "zod";

/**
 * Converts the schema of an event to JSON Schema, and finds the rules that JSON Schema cannot express. Such a rule could change
 * without a change in `domain.json`, and `npm run compat` would not see it.
 *
 * zod documents the definition of a schema, `_zod.def`, for libraries that read schemas: https://zod.dev/packages/core.
 * The records below are typed with zod's own unions, so the compiler reports a type or a check that a new version of zod adds.
 */

/** Whether JSON Schema expresses everything about a schema of this type. */
const IS_EXPRESSIBLE_TYPE: Record<z.core.$ZodTypeDef["type"], boolean> = {
  any: true,
  array: true,
  bigint: false,
  boolean: true,
  catch: false,
  custom: false,
  date: false,
  default: true,
  enum: true,
  file: false,
  function: false,
  int: false,
  intersection: true,
  lazy: true,
  literal: true,
  map: false,
  nan: false,
  never: true,
  nonoptional: true,
  null: true,
  nullable: true,
  number: true,
  object: true,
  optional: true,
  // A transform or a codec.
  pipe: false,
  prefault: true,
  promise: false,
  readonly: true,
  record: true,
  set: false,
  string: true,
  success: false,
  symbol: false,
  template_literal: true,
  transform: false,
  tuple: true,
  undefined: false,
  union: true,
  unknown: true,
  void: false,
};

/** Whether JSON Schema expresses everything about a check of this kind. */
const IS_EXPRESSIBLE_CHECK: Record<z.core.$ZodChecks["_zod"]["def"]["check"] | "custom", boolean> = {
  bigint_format: false,
  // A refinement.
  custom: false,
  greater_than: true,
  length_equals: true,
  less_than: true,
  max_length: true,
  max_size: false,
  mime_type: false,
  min_length: true,
  min_size: false,
  multiple_of: true,
  number_format: true,
  // A change of the value, such as trim().
  overwrite: false,
  property: false,
  size_equals: false,
  string_format: true,
};

/** The parts of a check's definition that matter here. Each kind of check has some of them. */
interface CheckDefinition {
  check: string;
  format?: string;
  pattern?: RegExp;
  /** Code that decides, in a format of the author's own. */
  fn?: unknown;
  protocol?: RegExp;
  hostname?: RegExp;
  normalize?: boolean;
  alg?: string;
}

/** Something that JSON Schema cannot express. */
export interface Inexpressible {
  /** `items.0.sku`. Empty for the event itself. */
  field: string;
  /** The type or the check, by zod's name: `date`, `overwrite`. */
  feature: string;
}

/**
 * Converts a schema to the JSON Schema of the values that a receiver accepts: a field with a default is not required.
 * The keyword `x-zod` has the details of a text format for which JSON Schema has no keyword.
 */
export function toJsonSchema(schema: z.ZodType): { jsonSchema: Record<string, unknown>; inexpressible: Inexpressible[] } {
  const inexpressible: Inexpressible[] = [];
  const add = (path: (string | number)[], feature: string) => inexpressible.push({ field: fieldOf(path), feature });

  const jsonSchema = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: ({ zodSchema, path }) => {
      add(path, zodSchema._zod.def.type);
      return "any";
    },
    override: ({ zodSchema, jsonSchema, path }) => {
      for (const feature of inexpressibleFeatures(zodSchema)) add(path, feature);
      const details = formatDetails(zodSchema);
      if (details.length > 0) Object.assign(jsonSchema, { "x-zod": details });
    },
  });
  return { jsonSchema, inexpressible };
}

/** The path of a field, without the keywords of JSON Schema: `field.items` for `properties.field.items`. */
function fieldOf(path: (string | number)[]): string {
  return path.filter((part) => part !== "properties").join(".");
}

/** The type and the checks of a schema that JSON Schema cannot express. The schemas inside it are visited on their own. */
function inexpressibleFeatures(schema: z.core.$ZodTypes): string[] {
  const definition = schema._zod.def;
  const features: string[] = [];
  if (!IS_EXPRESSIBLE_TYPE[definition.type]) features.push(definition.type);
  if ("coerce" in definition && definition.coerce) features.push("coerce");
  if (isExclusiveUnion(definition)) features.push("xor");
  return [...features, ...checksOf(schema).flatMap((check) => (isExpressible(check) ? [] : [check.check]))];
}

/** A `z.xor()`, of which exactly one option must match. A discriminated union is also exclusive, but its options cannot overlap. */
function isExclusiveUnion(definition: z.core.$ZodTypes["_zod"]["def"]): boolean {
  return definition.type === "union" && definition.inclusive === false && !("discriminator" in definition);
}

function isExpressible({ check, fn, pattern }: CheckDefinition): boolean {
  const isCode = fn !== undefined && pattern === undefined;
  return (IS_EXPRESSIBLE_CHECK as Record<string, boolean>)[check] === true && !isCode;
}

/** The checks of a schema. A schema of a format, such as `z.uuid()`, is itself a check. */
function checksOf(schema: z.core.$ZodTypes): CheckDefinition[] {
  const definition: z.core.$ZodTypeDef & Partial<CheckDefinition> = schema._zod.def;
  const own = definition.check === undefined ? [] : [definition as CheckDefinition];
  return [...own, ...(definition.checks ?? []).map((check) => check._zod.def)];
}

/**
 * The details of text formats that JSON Schema has no keyword for, one text each: the flags of a pattern, and the options of a
 * format that has no pattern, such as the protocol of a URL.
 */
function formatDetails(schema: z.core.$ZodTypes): string[] {
  const formats = checksOf(schema).filter(({ check }) => check === "string_format");
  // JSON Schema has a keyword for a pattern, but not for its flags.
  const incomplete = formats.filter(({ pattern }) => pattern === undefined || pattern.flags !== "");
  return incomplete.map(({ format, pattern, protocol, hostname, normalize, alg }) =>
    [format, pattern, protocol, hostname, normalize, alg].filter(Boolean).join(" "),
  );
}
