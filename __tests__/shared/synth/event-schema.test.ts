import * as z from "zod";
import { toJsonSchema } from "../../../shared/synth/event-schema";
import type { Json } from "../../harness/synth";

/** The JSON Schema of a field. */
const fieldOf = (schema: z.ZodType): Json => (toJsonSchema(z.object({ field: schema })).jsonSchema as Json).properties.field;

test("a field has the JSON Schema of its zod schema", () => {
  expect(fieldOf(z.string().max(9))).toEqual({ type: "string", maxLength: 9 });
  expect(toJsonSchema(z.object({ field: z.string() })).jsonSchema).toMatchObject({ required: ["field"] });
});

test("a field with a default is not required, because a receiver does not need it", () => {
  expect(toJsonSchema(z.object({ field: z.int().default(1) })).jsonSchema).not.toHaveProperty("required");
  expect(fieldOf(z.int().default(1))).toMatchObject({ type: "integer", default: 1 });
});

test.each<[string, z.ZodType, z.ZodType]>([
  ["flags of a pattern", z.string().regex(/a/), z.string().regex(/a/i)],
  ["protocol of a URL", z.url(), z.url({ protocol: /^https$/ })],
  ["algorithm of a JWT", z.jwt(), z.jwt({ alg: "HS256" })],
  ["format beside a pattern", z.string().regex(/a/), z.url().regex(/a/)],
])("the JSON Schema shows the %s, for which there is no keyword", (_, one, other) => {
  expect(fieldOf(one)).not.toEqual(fieldOf(other));
});

test.each<[string, z.ZodType]>([
  ["pipe", z.string().transform(Number)],
  ["pipe", z.preprocess(String, z.string())],
  ["custom", z.string().refine((text) => text !== "no")],
  ["custom", z.object({ from: z.int(), to: z.int() }).refine(({ from, to }) => from < to)],
  ["overwrite", z.string().trim()],
  ["coerce", z.coerce.number()],
  ["catch", z.string().catch("")],
  ["date", z.date()],
  ["bigint", z.bigint()],
  ["map", z.map(z.string(), z.string())],
  ["literal", z.literal(undefined)],
  ["string_format", z.stringFormat("even", (text) => text.length % 2 === 0)],
  ["xor", z.xor([z.string(), z.number()])],
])("JSON Schema cannot express %s", (feature, schema) => {
  const { inexpressible } = toJsonSchema(z.object({ field: z.array(schema) }));
  expect(new Set(inexpressible.map(({ field }) => field))).toEqual(new Set(["field.items"]));
  expect(new Set(inexpressible.map((each) => each.feature))).toEqual(new Set([feature]));
});

test.each<[string, z.ZodType]>([
  ["a nullable", z.string().nullable()],
  ["a record", z.record(z.string(), z.int())],
  ["a discriminated union", z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") }), z.object({ kind: z.literal("b") })])],
  ["a hostname", z.hostname()],
  ["a time", z.iso.datetime({ offset: true })],
  ["any JSON", z.json()],
  ["a template", z.templateLiteral(["id-", z.int()])],
  ["an intersection", z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() }))],
  ["a default", z.int().default(1)],
])("JSON Schema can express %s", (_, schema) => {
  expect(toJsonSchema(z.object({ field: schema })).inexpressible).toEqual([]);
});
