import * as z from "zod";
import { findComputedDefaults } from "../../../shared/synth/computed-defaults";

/** The source of a contract with one field, in line 3. */
const contract = (field: string) => `import * as z from "zod";
/** ⌚ A character of several bytes, because the parser counts bytes. */
export const schema = z.object({ field: ${field} });
`;

test.each([
  "z.int().default(() => 1)",
  "z.int().default(function () { return 1; })",
  "z._default(z.int(), () => 1)",
  "z.iso.datetime().default(() => new Date().toISOString())",
  "z.iso.date().default(() => new Date().toISOString().slice(0, 10))",
  "z.iso.datetime().default(new Date().toISOString())",
  "z.number().prefault(Math.random)",
  "z.string().default(process.env.CURRENCY)",
  "z.string().default(CURRENCY)",
  `z.string().default(\`\${CURRENCY}\`)`,
  "z.array(z.string()).default([now()])",
  "z.object({ at: z.number() }).default({ at: Date.now() })",
  "z.object({ at: z.number() }).default({ [key]: 1 })",
  "z.object({ at: z.number() }).default({ ...DEFAULTS })",
  "z.object({ inner: z.array(z.int().default(() => 1)) }).optional()",
])("a default that is not a literal is found with its line: %s", (field) => {
  expect(findComputedDefaults(contract(field))).toEqual([3]);
});

test.each([
  "z.int()",
  "z.int().default(1)",
  "z.int().default(-1)",
  "z._default(z.int(), 1)",
  "z.prefault(z.int(), 1)",
  "z.boolean().prefault(false)",
  "z.string().nullable().default(null)",
  'z.string().default("EUR")',
  "z.string().default(`EUR`)",
  "z.array(z.string()).default([])",
  'z.enum(["a", "b"]).default("a" as const)',
  'z.object({ currency: z.string(), amounts: z.array(z.int()) }).default({ currency: "EUR", "amounts": [1, -2] })',
])("a default that is a literal is accepted: %s", (field) => {
  expect(findComputedDefaults(contract(field))).toEqual([]);
});

test("every default is checked", () => {
  expect(
    findComputedDefaults(`${contract("z.int().default(now())")}${contract("z.int().default(2)")}${contract("z.int().prefault(now())")}`),
  ).toEqual([3, 9]);
});

// If zod ever shows the difference, the schema itself can be checked, and the source does not have to be parsed.
test("zod does not show whether a default is a constant or a function", () => {
  const isGetter = (schema: z.ZodType) => Object.getOwnPropertyDescriptor(schema.def, "defaultValue")?.get !== undefined;
  expect(isGetter(z.int().default(1))).toBe(true);
  expect(isGetter(z.int().default(() => 1))).toBe(true);
});
