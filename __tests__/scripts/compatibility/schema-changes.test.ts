import * as fc from "fast-check";
import * as z from "zod";
import { schemaChanges } from "../../../scripts/compatibility/schema-changes";
import { toJsonSchema } from "../../../shared/synth/event-schema";

/** The schema of an event as it is read from domain.json. */
function told(schema: z.ZodObject): Record<string, unknown> {
  return JSON.parse(JSON.stringify(toJsonSchema(schema).jsonSchema));
}

const changes = (before: z.ZodObject, after: z.ZodObject) =>
  schemaChanges(told(before), told(after)).map(({ field, change }) => `${field}: ${change}`);
const object = z.object;
const field = (schema: z.ZodType) => object({ field: schema });
type Case = [string, z.ZodObject, z.ZodObject];

describe("produces no changes:", () => {
  test.each<Case>([
    ["equal schemas", field(z.string().max(9)), field(z.string().max(9))],
    ["an added optional field", object({ a: z.string() }), object({ a: z.string(), b: z.int().optional() })],
    ["an added field with a default", object({ a: z.string() }), object({ a: z.string(), b: z.int().default(1) })],
    [
      "an added optional field, nested",
      field(z.array(object({ a: z.string() }))),
      field(z.array(object({ a: z.string(), b: z.int().optional() }))),
    ],
    [
      "added documentation",
      field(z.string()),
      field(
        z
          .string()
          .describe("what it is")
          .meta({ title: "It", examples: ["a"] }),
      ),
    ],
    ["added documentation of a variant", field(z.string().nullable()), field(z.string().describe("what it is").nullable())],
    ["fields in a different order", object({ a: z.string(), b: z.int() }), object({ b: z.int(), a: z.string() })],
    [
      "an added optional field in a variant",
      field(z.discriminatedUnion("k", [object({ k: z.literal("a") }), object({ k: z.literal("b") })])),
      field(z.discriminatedUnion("k", [object({ k: z.literal("a"), more: z.int().optional() }), object({ k: z.literal("b") })])),
    ],
    [
      "an added optional field in the values of a record",
      field(z.record(z.string(), object({}))),
      field(z.record(z.string(), object({ a: z.int().optional() }))),
    ],
    [
      "added fields whose names are properties of every object, or keywords of JSON Schema",
      object({}),
      object({ constructor: z.string().optional(), toString: z.int().optional(), required: z.int().optional() }),
    ],
  ])("%s", (_, before, after) => {
    expect(changes(before, after)).toEqual([]);
  });
});

describe("reports the field, its old value and its new value:", () => {
  test.each<[...Case, RegExp]>([
    ["a removed field", object({ a: z.string(), b: z.string() }), object({ a: z.string() }), /^b: was removed/],
    ["a removed optional field", object({ b: z.string().optional() }), object({}), /^b: was removed/],
    ["an added required field", object({}), object({ b: z.string() }), /^b: was added as a required field/],
    [
      "an added required field, nested",
      field(z.array(object({}))),
      field(z.array(object({ b: z.int() }))),
      /^field\[\]\.b: was added as a required field/,
    ],
    ["an optional field that becomes required", field(z.int().optional()), field(z.int()), /^field: changed from optional to required/],
    ["a required field that becomes optional", field(z.int()), field(z.int().optional()), /^field: changed from required to optional/],
    ["an added default", field(z.int().optional()), field(z.int().default(1)), /^field: default changed from none to 1/],
    ["a changed default", field(z.int().default(1)), field(z.int().default(2)), /^field: default changed from 1 to 2/],
    ["a removed default", field(z.int().default(1)), field(z.int().optional()), /^field: default changed from 1 to none/],
    [
      "a changed default whose keys are also keywords of documentation",
      field(object({ title: z.string() }).default({ title: "a" })),
      field(object({ title: z.string() }).default({ title: "b" })),
      /^field: default changed from {"title":"a"} to {"title":"b"}/,
    ],
    [
      "a field whose name is also a keyword of documentation",
      object({ title: z.string().max(9) }),
      object({ title: z.string().max(8) }),
      /^title: maxLength changed from 9 to 8/,
    ],
    ["a changed type", field(z.string()), field(z.int()), /^field: type changed from "string" to "integer"/],
    ["an integer that becomes a number", field(z.int()), field(z.number()), /^field: type changed from "integer" to "number"/],
    ["a value that can be null now", field(z.string()), field(z.string().nullable()), /^field: anyOf changed from none to .*"null"/],
    [
      "a value that cannot be null any more",
      field(z.string().nullable()),
      field(z.string()),
      /^field: anyOf changed from .*"null".* to none/,
    ],
    [
      "a narrowed constraint, which old messages can violate",
      field(z.string().max(9)),
      field(z.string().max(8)),
      /^field: maxLength changed from 9 to 8/,
    ],
    [
      "a relaxed constraint, which old receivers can reject",
      field(z.string().max(8)),
      field(z.string().max(9)),
      /^field: maxLength changed from 8 to 9/,
    ],
    ["an added constraint", field(z.string()), field(z.string().max(9)), /^field: maxLength changed from none to 9/],
    ["a removed constraint", field(z.string().max(9)), field(z.string()), /^field: maxLength changed from 9 to none/],
    [
      "an added constraint of items",
      field(z.array(z.string())),
      field(z.array(z.string().max(1))),
      /^field\[\]: maxLength changed from none to 1/,
    ],
    ["a changed format", field(z.string()), field(z.url()), /^field: format changed from none to "uri"/],
    ["a removed value of an enum", field(z.enum(["a", "b"])), field(z.enum(["a"])), /^field: enum changed from \["a","b"\] to \["a"\]/],
    ["an added value of an enum", field(z.enum(["a"])), field(z.enum(["a", "b"])), /^field: enum changed from \["a"\] to \["a","b"\]/],
    ["a changed literal", field(z.literal("a")), field(z.literal("b")), /^field: const changed from "a" to "b"/],
    ["a removed variant", field(z.union([object({}), object({})])), field(z.union([object({})])), /^field: anyOf changed from /],
    ["an added variant", field(z.union([object({})])), field(z.union([object({}), object({})])), /^field: anyOf changed from /],
    [
      "an added constraint of a variant",
      field(z.union([z.int(), z.string()])),
      field(z.union([z.int(), z.string().max(1)])),
      /^field\(2\): maxLength changed from none to 1/,
    ],
    [
      "an added optional field of an object that rejected unknown fields",
      z.strictObject({}),
      z.strictObject({ a: z.int().optional() }),
      /^a: was added, but additionalProperties was false/,
    ],
    [
      "an added optional field of an object that kept unknown fields",
      z.looseObject({}),
      z.looseObject({ a: z.int().optional() }),
      /^a: was added, but additionalProperties was {}/,
    ],
    ["unknown fields that are rejected now", object({}), z.strictObject({}), /^: additionalProperties changed from none to false/],
    ["unknown fields that are kept now", object({}), z.looseObject({}), /^: additionalProperties changed from none to {}/],
    [
      "an added constraint of the values of a record",
      field(z.record(z.string(), z.string())),
      field(z.record(z.string(), z.string().max(1))),
      /^field\.\*: maxLength/,
    ],
    [
      "keys of a record that become optional",
      field(z.record(z.enum(["a"]), z.int())),
      field(z.partialRecord(z.enum(["a"]), z.int())),
      /^field\.a: was removed/,
    ],
    ["a changed element of a tuple", field(z.tuple([z.int()])), field(z.tuple([z.string()])), /^field: prefixItems changed from /],
    [
      "changed keys of a record",
      field(z.record(z.string(), z.int())),
      field(z.record(z.string().max(3), z.int())),
      /^field: propertyNames /,
    ],
    ["a change for which JSON Schema has no keyword", field(z.httpUrl()), field(z.url()), /^field: x-zod changed from /],
    [
      "an added keyword of the author's own",
      field(z.string()),
      field(z.string().meta({ owner: "me" })),
      /^field: owner changed from none to "me"/,
    ],
    [
      "a changed part that has an id",
      field(z.string().meta({ id: "Part" })),
      field(z.string().max(2).meta({ id: "Part" })),
      /\$defs changed from /,
    ],
  ])("%s", (_, before, after, change) => {
    expect(changes(before, after)).toContainEqual(expect.stringMatching(change));
  });
});

describe("if there are no changes", () => {
  /** A schema, and values that are valid under it. */
  interface Kind {
    schema: z.ZodType;
    value: fc.Arbitrary<unknown>;
  }
  const text = fc
    .record({ max: fc.integer({ min: 1, max: 3 }), min: fc.integer({ min: 0, max: 1 }) })
    .map(({ min, max }): Kind => ({ schema: z.string().min(min).max(max), value: fc.string({ minLength: min, maxLength: max }) }));
  const number = fc
    .integer({ min: 1, max: 3 })
    .map((max): Kind => ({ schema: z.int().min(0).max(max), value: fc.integer({ min: 0, max }) }));
  const choice = fc
    .subarray(["a", "b", "c"], { minLength: 1 })
    .map((all): Kind => ({ schema: z.enum(all), value: fc.constantFrom(...all) }));
  const leaf = fc.oneof(text, number, choice);
  const wrapped = (inner: fc.Arbitrary<Kind>) =>
    fc.oneof(
      inner,
      inner.map(({ schema, value }): Kind => ({ schema: schema.nullable(), value: fc.option(value) })),
      inner.map(({ schema, value }): Kind => ({ schema: z.array(schema).max(3), value: fc.array(value, { maxLength: 3 }) })),
      inner.map(
        ({ schema, value }): Kind => ({ schema: z.record(z.string(), schema), value: fc.dictionary(fc.constantFrom("x", "y"), value) }),
      ),
      fc
        .array(inner, { minLength: 1, maxLength: 2 })
        .map((all): Kind => ({ schema: z.union(all.map(({ schema }) => schema)), value: fc.oneof(...all.map(({ value }) => value)) })),
    );
  /** A field: its kind, whether it is required, and its default if it has one. */
  type Field = Kind & { presence: "required" | "optional" | "default"; fallback: unknown };
  const fieldOf = (kind: fc.Arbitrary<Kind>): fc.Arbitrary<Field> =>
    fc
      .tuple(kind, fc.constantFrom<Field["presence"][]>("required", "optional", "default"))
      .chain(([{ schema, value }, presence]) => value.map((fallback) => ({ schema, value, presence, fallback })));
  const fieldSchema = ({ schema, presence, fallback }: Field) => {
    if (presence === "required") return schema;
    return presence === "optional" ? schema.optional() : schema.default(fallback);
  };
  const build = (fields: Record<string, Field>): Kind & { schema: z.ZodObject } => {
    const entries = Object.entries(fields);
    return {
      schema: z.object(Object.fromEntries(entries.map(([name, field]) => [name, fieldSchema(field)]))),
      value: fc.record(Object.fromEntries(entries.map(([name, { value }]) => [name, value])), {
        requiredKeys: entries.filter(([, { presence }]) => presence === "required").map(([name]) => name),
      }),
    };
  };
  const names = fc.constantFrom("a", "b", "c");
  const flat = fc.dictionary(names, fieldOf(wrapped(leaf)), { maxKeys: 3 });
  const shape = fc.dictionary(names, fieldOf(fc.oneof(wrapped(leaf), flat.map(build))), { minKeys: 1, maxKeys: 3 });
  /** A schema, and a copy in which some fields are removed, changed or added. */
  const pair = fc.tuple(shape, shape, fc.subarray(["a", "b", "c"])).map(([before, other, edited]) => {
    const after = Object.fromEntries([
      ...Object.entries(before).filter(([name]) => !edited.includes(name)),
      ...Object.entries(other).filter(([name]) => edited.includes(name)),
    ]);
    return { before: build(before), after: build(after) };
  });

  test("the new schema accepts every event of the old schema, and the old schema every event of the new one", () => {
    let compared = 0;
    const samples = pair.chain(({ before, after }) =>
      fc.record({ before: fc.constant(before), after: fc.constant(after), old: before.value, fresh: after.value }),
    );
    fc.assert(
      fc.property(samples, ({ before, after, old, fresh }) => {
        const oldSchema = z.toJSONSchema(before.schema, { io: "input" }) as Record<string, unknown>;
        const newSchema = z.toJSONSchema(after.schema, { io: "input" }) as Record<string, unknown>;
        if (schemaChanges(oldSchema, newSchema).length > 0) return;
        if (JSON.stringify(oldSchema) !== JSON.stringify(newSchema)) compared += 1;
        after.schema.parse(before.schema.parse(old));
        before.schema.parse(after.schema.parse(fresh));
      }),
      { numRuns: 1500 },
    );
    // Most generated pairs are equal or have changes. The rest must be enough to prove something.
    expect(compared).toBeGreaterThan(50);
  });
});
