import * as z from "zod";
import { listFindings } from "../../../shared/stack/findings";
import { describeEvents } from "../../../shared/synth/event-schema";
import { type Json, testApp } from "../../harness/synth";
import { temporaryFolder } from "../../harness/temporary-folder";

/** What domain.json tells of a contract's events, and what synth refuses of them. */
function describeContract(contract: Record<string, unknown>) {
  const folder = temporaryFolder({ "contract.ts": "" });
  jest.doMock(`${folder}/contract.ts`, () => contract);
  const app = testApp();
  const events = describeEvents(app, folder);
  const [misfits, findings] = [true, false].map((ofExample) =>
    listFindings(app).filter((text) => text.includes("the example") === ofExample),
  );
  return { events, misfits, findings };
}

/** An event with one field, as `defineEvent` makes it. */
const event = (schema: z.ZodType, example?: unknown) => ({
  name: "thing-done",
  version: 1,
  schema: z.object({ field: schema }),
  example: { field: example },
  serialize: String,
});
const fieldOf = (schema: z.ZodType): Json => {
  const [described]: Json[] = describeContract({ ThingDone: event(schema) }).events;
  return described.schema.properties.field;
};

test("domain.json tells of each event its name, version and JSON Schema, and of nothing else that a contract exports", () => {
  const ThingDone = event(z.string().max(9));
  const { events, findings } = describeContract({ ThingDone, Again: ThingDone, Path: z.object({}), contract: { domain: "things" } });
  const schema = expect.objectContaining({ properties: { field: { type: "string", maxLength: 9 } }, required: ["field"] });
  expect(events).toEqual([{ name: "thing-done", version: 1, schema }]);
  expect(findings).toEqual([]);
});

test("an example that does not fit its schema is refused, and its field named", () => {
  expect(describeContract({ ThingDone: event(z.int(), 0.5) }).misfits).toEqual([
    expect.stringMatching(/contract\.ts: thing-done v1: the example does not fit the schema: field: .*int/),
  ]);
  expect(describeContract({ ThingDone: event(z.int(), 1) }).misfits).toEqual([]);
});

test("a domain without a contract has no events", () => {
  expect(describeEvents(testApp(), temporaryFolder())).toEqual([]);
});

test("a field with a default is none that a receiver needs", () => {
  const { events } = describeContract({ ThingDone: event(z.int().default(1)) });
  expect(events[0]?.schema).not.toHaveProperty("required");
  expect(fieldOf(z.int().default(1))).toMatchObject({ type: "integer", default: 1 });
});

test.each<[string, z.ZodType, z.ZodType]>([
  ["flags of a pattern", z.string().regex(/a/), z.string().regex(/a/i)],
  ["protocol of a URL", z.url(), z.url({ protocol: /^https$/ })],
  ["algorithm of a JWT", z.jwt(), z.jwt({ alg: "HS256" })],
  ["format beside a pattern", z.string().regex(/a/), z.url().regex(/a/)],
])("the schema tells the %s, for which JSON Schema has no keyword", (_, one, other) => {
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
  ["a default made anew each time", z.iso.datetime().default(() => new Date().toISOString())],
  ["a default made anew each time", z.iso.date().default(() => new Date().toISOString().slice(0, 10))],
  ["a default made anew each time", z.number().prefault(Math.random)],
  ["xor", z.xor([z.string(), z.number()])],
])("%s in an event is refused at synth, for JSON Schema cannot say it", (what, schema) => {
  const { findings } = describeContract({ ThingDone: event(z.array(schema)) });
  expect(findings).toEqual([expect.stringMatching(new RegExp(`contract\\.ts: thing-done v1: field\\.items has "${what}".*handler`))]);
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
])("%s is told whole", (_, schema) => {
  expect(describeContract({ ThingDone: event(schema) }).findings).toEqual([]);
});
