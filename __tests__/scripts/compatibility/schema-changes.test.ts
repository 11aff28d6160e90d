import * as fc from "fast-check";
import * as z from "zod";
import { schemaChanges } from "../../../scripts/compatibility/schema-changes";
import { toJsonSchema } from "../../../shared/synth/event-schema";

/** The schema of an event as it is read from domain.json. */
function told(schema: z.ZodObject): Record<string, unknown> {
  return JSON.parse(JSON.stringify(toJsonSchema(schema).jsonSchema));
}

const changes = (before: z.ZodObject, after: z.ZodObject) =>
  schemaChanges(told(before), told(after)).map(({ field, what }) => `${field}: ${what}`);
const object = z.object;
const field = (schema: z.ZodType) => object({ field: schema });
type Case = [string, z.ZodObject, z.ZodObject];

describe("a change that is allowed:", () => {
  test.each<Case>([
    ["none", field(z.string().max(9)), field(z.string().max(9))],
    ["an optional field more", object({ a: z.string() }), object({ a: z.string(), b: z.int().optional() })],
    ["a field with a default more", object({ a: z.string() }), object({ a: z.string(), b: z.int().default(1) })],
    [
      "an optional field more, deep inside",
      field(z.array(object({ a: z.string() }))),
      field(z.array(object({ a: z.string(), b: z.int().optional() }))),
    ],
    [
      "documentation",
      field(z.string()),
      field(
        z
          .string()
          .describe("what it is")
          .meta({ title: "It", examples: ["a"] }),
      ),
    ],
    ["documentation of a variant", field(z.string().nullable()), field(z.string().describe("what it is").nullable())],
    ["fields in another order", object({ a: z.string(), b: z.int() }), object({ b: z.int(), a: z.string() })],
    [
      "an optional field more in a variant",
      field(z.discriminatedUnion("k", [object({ k: z.literal("a") }), object({ k: z.literal("b") })])),
      field(z.discriminatedUnion("k", [object({ k: z.literal("a"), more: z.int().optional() }), object({ k: z.literal("b") })])),
    ],
    [
      "an optional field more in a record's values",
      field(z.record(z.string(), object({}))),
      field(z.record(z.string(), object({ a: z.int().optional() }))),
    ],
    [
      "fields that are called as what every object has, or as what JSON Schema says",
      object({}),
      object({ constructor: z.string().optional(), toString: z.int().optional(), required: z.int().optional() }),
    ],
  ])("%s", (_, before, after) => {
    expect(changes(before, after)).toEqual([]);
  });
});

describe("a change that is refused, with the field, what it was and what it is:", () => {
  test.each<[...Case, RegExp]>([
    ["a field that is gone", object({ a: z.string(), b: z.string() }), object({ a: z.string() }), /^b: is gone/],
    ["an optional field that is gone", object({ b: z.string().optional() }), object({}), /^b: is gone/],
    ["a new required field", object({}), object({ b: z.string() }), /^b: is new and required.*optional/],
    [
      "a new required field, deep inside",
      field(z.array(object({}))),
      field(z.array(object({ b: z.int() }))),
      /^field\[\]\.b: is new and required/,
    ],
    ["a field that becomes required", field(z.int().optional()), field(z.int()), /^field: presence was "optional", is "required"/],
    ["a field that becomes optional", field(z.int()), field(z.int().optional()), /^field: presence was "required", is "optional"/],
    ["a default where there was none", field(z.int().optional()), field(z.int().default(1)), /^field: default was none, is 1/],
    ["another default", field(z.int().default(1)), field(z.int().default(2)), /^field: default was 1, is 2/],
    ["no default any more", field(z.int().default(1)), field(z.int().optional()), /^field: default was 1, is none/],
    [
      "a default whose keys are called as documentation is",
      field(object({ title: z.string() }).default({ title: "a" })),
      field(object({ title: z.string() }).default({ title: "b" })),
      /^field: default was {"title":"a"}, is {"title":"b"}/,
    ],
    [
      "a field that is called as documentation is",
      object({ title: z.string().max(9) }),
      object({ title: z.string().max(8) }),
      /^title: maxLength was 9, is 8/,
    ],
    ["another type", field(z.string()), field(z.int()), /^field: type was "string", is "integer"/],
    ["an integer that may be any number", field(z.int()), field(z.number()), /^field: type was "integer", is "number"/],
    ["null, which was not allowed", field(z.string()), field(z.string().nullable()), /^field: anyOf was none, is .*"null"/],
    ["null, which was allowed", field(z.string().nullable()), field(z.string()), /^field: anyOf was .*"null".*, is none/],
    ["a constraint that is narrowed: old messages", field(z.string().max(9)), field(z.string().max(8)), /^field: maxLength was 9, is 8/],
    ["a constraint that is relaxed: old receivers", field(z.string().max(8)), field(z.string().max(9)), /^field: maxLength was 8, is 9/],
    ["a constraint where there was none", field(z.string()), field(z.string().max(9)), /^field: maxLength was none, is 9/],
    ["no constraint any more", field(z.string().max(9)), field(z.string()), /^field: maxLength was 9, is none/],
    ["a constraint of items", field(z.array(z.string())), field(z.array(z.string().max(1))), /^field\[\]: maxLength was none, is 1/],
    ["another format", field(z.string()), field(z.url()), /^field: format was none, is "uri"/],
    ["a smaller enum", field(z.enum(["a", "b"])), field(z.enum(["a"])), /^field: enum was \["a","b"\], is \["a"\]/],
    ["a larger enum", field(z.enum(["a"])), field(z.enum(["a", "b"])), /^field: enum was \["a"\], is \["a","b"\]/],
    ["another literal", field(z.literal("a")), field(z.literal("b")), /^field: const was "a", is "b"/],
    ["a variant less", field(z.union([object({}), object({})])), field(z.union([object({})])), /^field: anyOf was /],
    ["a variant more", field(z.union([object({})])), field(z.union([object({}), object({})])), /^field: anyOf was /],
    [
      "a constraint of a variant",
      field(z.union([z.int(), z.string()])),
      field(z.union([z.int(), z.string().max(1)])),
      /^field\(2\): maxLength was none, is 1/,
    ],
    [
      "an optional field more where unknown ones were refused",
      z.strictObject({}),
      z.strictObject({ a: z.int().optional() }),
      /^a: is new, and additionalProperties was false/,
    ],
    [
      "an optional field more where unknown ones were kept",
      z.looseObject({}),
      z.looseObject({ a: z.int().optional() }),
      /^a: is new, and additionalProperties was {}/,
    ],
    ["unknown fields that are refused now", object({}), z.strictObject({}), /^: additionalProperties was none, is false/],
    ["unknown fields that are kept now", object({}), z.looseObject({}), /^: additionalProperties was none, is {}/],
    [
      "a constraint of a record's values",
      field(z.record(z.string(), z.string())),
      field(z.record(z.string(), z.string().max(1))),
      /^field\.\*: maxLength/,
    ],
    [
      "keys of a record that may be left out",
      field(z.record(z.enum(["a"]), z.int())),
      field(z.partialRecord(z.enum(["a"]), z.int())),
      /^field\.a: is gone/,
    ],
    ["another place of a tuple", field(z.tuple([z.int()])), field(z.tuple([z.string()])), /^field: prefixItems was /],
    ["other keys of a record", field(z.record(z.string(), z.int())), field(z.record(z.string().max(3), z.int())), /^field: propertyNames /],
    ["what JSON Schema has no keyword for", field(z.httpUrl()), field(z.url()), /^field: x-zod was /],
    ["a keyword of the author's own", field(z.string()), field(z.string().meta({ owner: "me" })), /^field: owner was none, is "me"/],
    ["a part with a name", field(z.string().meta({ id: "Part" })), field(z.string().max(2).meta({ id: "Part" })), /\$defs was /],
  ])("%s", (_, before, after, refused) => {
    expect(changes(before, after)).toContainEqual(expect.stringMatching(refused));
  });
});

describe("whenever the check finds nothing", () => {
  /** What a field may be, by what zod makes of it, and what is valid under it. */
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
  /** A field: its kind, and whether it may be left out. */
  const fieldOf = (kind: fc.Arbitrary<Kind>) =>
    fc
      .tuple(kind, fc.constantFrom("required", "optional", "default"))
      .chain(
        ([{ schema, value }, presence]) =>
          fc.sample(value, 1).map((fallback) => fc.constant({ schema, value, presence, fallback }))[0] as fc.Arbitrary<Field>,
      );
  type Field = Kind & { presence: string; fallback: unknown };
  type Shape = Record<string, Field>;
  const build = (shape: Shape): Kind & { schema: z.ZodObject } => {
    const entries = Object.entries(shape);
    const made = ({ schema, presence, fallback }: Field) =>
      presence === "required" ? schema : presence === "optional" ? schema.optional() : schema.default(fallback);
    return {
      schema: z.object(Object.fromEntries(entries.map(([name, each]) => [name, made(each)]))),
      value: fc.record(Object.fromEntries(entries.map(([name, { value }]) => [name, value])), {
        requiredKeys: entries.filter(([, { presence }]) => presence === "required").map(([name]) => name),
      }),
    };
  };
  const names = fc.constantFrom("a", "b", "c");
  const flat = fc.dictionary(names, fieldOf(wrapped(leaf)), { maxKeys: 3 });
  const shape = fc.dictionary(names, fieldOf(fc.oneof(wrapped(leaf), flat.map(build))), { minKeys: 1, maxKeys: 3 });
  /** A schema, and the same with some fields left out, changed or added. */
  const pair = fc.tuple(shape, shape, fc.subarray(["a", "b", "c"])).map(([before, other, edited]) => {
    const after = Object.fromEntries([
      ...Object.entries(before).filter(([name]) => !edited.includes(name)),
      ...Object.entries(other).filter(([name]) => edited.includes(name)),
    ]);
    return { before: build(before), after: build(after) };
  });

  test("the new schema takes every event that was sent under the old one, and the old schema every one of the new", () => {
    let judged = 0;
    const taken = pair.chain(({ before, after }) =>
      fc.record({ before: fc.constant(before), after: fc.constant(after), old: before.value, fresh: after.value }),
    );
    fc.assert(
      fc.property(taken, ({ before, after, old, fresh }) => {
        const [was = {}, is = {}] = [before, after].map(({ schema }) => z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>);
        if (schemaChanges(was, is).length > 0) return;
        if (JSON.stringify(was) !== JSON.stringify(is)) judged += 1;
        after.schema.parse(before.schema.parse(old));
        before.schema.parse(after.schema.parse(fresh));
      }),
      { numRuns: 1500 },
    );
    // Most of what is generated is refused or the same; what is left must be worth the name.
    expect(judged).toBeGreaterThan(50);
  });
});
