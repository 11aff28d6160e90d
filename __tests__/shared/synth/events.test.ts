import { join } from "node:path";
import * as z from "zod";
import { defineContract, defineEvent } from "../../../shared/contract";
import { listFindings } from "../../../shared/stack/findings";
import { describeEvents } from "../../../shared/synth/events";
import { testApp } from "../../harness/synth";
import { temporaryFolder } from "../../harness/temporary-folder";

/** The events of a domain whose `contract.ts` exports this, and the findings. */
function describeExports(exports: Record<string, unknown>) {
  const folder = join(temporaryFolder({ "things/contract.ts": "" }), "things");
  jest.doMock(`${folder}/contract.ts`, () => exports);
  const app = testApp();
  return { events: describeEvents(app, folder), findings: listFindings(app) };
}

/** An event with one field. */
const eventWith = (schema: z.ZodType, example: unknown) =>
  defineEvent({ name: "thing-done", version: 1, schema: z.object({ field: schema }), example: { field: example } });

test("domain.json has the name, the version and the JSON Schema of each event, and nothing else that a contract exports", () => {
  const ThingDone = eventWith(z.string().max(9), "one");
  const { events, findings } = describeExports({
    ThingDone,
    UnderAnotherName: ThingDone,
    Path: z.object({}),
    thingsContract: defineContract({ domain: "things", version: 1, parameters: [] }),
    text: "thing-done",
    nothing: null,
  });
  const properties = { field: { type: "string", maxLength: 9 }, correlationId: { type: "string", minLength: 1, maxLength: 128 } };
  const schema = expect.objectContaining({ properties, required: ["field", "correlationId"] });
  expect(events).toEqual([{ name: "thing-done", version: 1, schema }]);
  expect(findings).toEqual([]);
});

test("an object is an event only if defineEvent made it, whatever its shape", () => {
  const { name, version, type, schema, example, serialize } = eventWith(z.string(), "one");
  expect(describeExports({ LooksLikeOne: { name, version, type, schema, example, serialize } }).events).toEqual([]);
});

test("a copy of an event is an event", () => {
  expect(describeExports({ Copy: { ...eventWith(z.string(), "one"), version: 2 } }).events).toMatchObject([{ version: 2 }]);
});

test("a domain without a contract has no events", () => {
  expect(describeEvents(testApp(), temporaryFolder())).toEqual([]);
});

test("an example that does not match its schema is rejected, and its field named", () => {
  expect(describeExports({ ThingDone: eventWith(z.int(), 0.5) }).findings).toEqual([
    expect.stringMatching(/^domains\/things\/contract\.ts: the example of thing-done v1 does not match its schema: field: .*int.*\.$/),
  ]);
  expect(describeExports({ ThingDone: eventWith(z.int(), 1) }).findings).toEqual([]);
});

test("an event with something that JSON Schema cannot express is rejected, with its field and the fix", () => {
  expect(describeExports({ ThingDone: eventWith(z.array(z.string().trim()), ["one"]) }).findings).toEqual([
    expect.stringMatching(
      /^domains\/things\/contract\.ts: thing-done v1: field\.items has "overwrite", which JSON Schema cannot express.*handler\.$/,
    ),
  ]);
});

test("a default that is not a literal is rejected with its line, because the schema could change by itself", () => {
  const folder = join(
    temporaryFolder({
      "things/contract.ts": `import * as z from "${require.resolve("zod")}";
import { defineEvent } from "${join(__dirname, "../../../shared/contract")}";
export const ThingDone = defineEvent({
  name: "thing-done",
  version: 1,
  schema: z.object({ on: z.iso.date().default(() => new Date().toISOString().slice(0, 10)), times: z.int().default(1) }),
  example: {},
});
`,
    }),
    "things",
  );
  const app = testApp();
  expect(describeEvents(app, folder)).toMatchObject([{ name: "thing-done" }]);
  expect(listFindings(app)).toEqual([
    expect.stringMatching(/^domains\/things\/contract\.ts:6: the default is not a literal, .*Write the value itself/),
  ]);
});
