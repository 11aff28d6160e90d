import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { defineEvent, type EventDefinition, isEvent } from "../../shared/contract";
import { ThingDone as SampleEvent } from "../harness/definitions";

const DOMAINS = join(__dirname, "../../domains");

/** Every event that a domain's contract exports. */
const events: [string, EventDefinition][] = readdirSync(DOMAINS)
  .filter((domain) => existsSync(join(DOMAINS, domain, "contract.ts")))
  .flatMap((domain) => {
    const contract = Object.entries<unknown>(require(join(DOMAINS, domain, "contract.ts")));
    return contract.flatMap(([name, value]): [string, EventDefinition][] => (isEvent(value) ? [[`${domain}: ${name}`, value]] : []));
  });

// The event of the tests is there because a project may have no events yet, and test.each needs at least one.
describe.each([...events, ["tests: ThingDone", SampleEvent as unknown as EventDefinition] satisfies (typeof events)[number]])(
  "the event %s",
  (_, event) => {
    test("has a valid example, which is still valid after it was sent and received", () => {
      expect(event.schema.parse(JSON.parse(event.serialize(event.example)))).toEqual(event.schema.parse(event.example));
    });

    test("has an example with every field, also the optional ones, because tests would not notice that another field gets lost", () => {
      expect(Object.keys(event.example).sort()).toEqual(Object.keys(event.schema.shape).sort());
    });

    test("has a name in kebab-case and a version that counts from 1", () => {
      expect(event.name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(event.version).toBeGreaterThanOrEqual(1);
      expect(Number.isInteger(event.version)).toBe(true);
    });

    test("cannot be sent without a correlation id", () => {
      const { correlationId: _id, ...rest } = event.example;
      expect(() => event.serialize(rest as typeof event.example)).toThrow(/correlationId/);
    });
  },
);

test("no two events have the same name and version", () => {
  const ids = events.map(([, { name, version }]) => `${name} v${version}`);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

describe("an event", () => {
  const ThingDone = defineEvent({
    name: "thing-done",
    version: 1,
    schema: z.object({ thing: z.string(), count: z.int().default(1) }),
    example: { thing: "one" },
  });

  test("has a correlation id, which its schema does not mention", () => {
    const sent = JSON.parse(ThingDone.serialize({ thing: "one", correlationId: "id-1" }));
    expect(sent).toMatchObject({ correlationId: "id-1" });
    expect(ThingDone.schema.parse(sent).correlationId).toBe("id-1");
  });

  test.each(["", "x".repeat(129)])("cannot be sent with a correlation id that is empty or too long: %j", (correlationId) => {
    expect(() => ThingDone.serialize({ thing: "one", correlationId })).toThrow(/correlationId/);
  });

  test("that does not match its schema fails at the sender, with the field", () => {
    expect(() => ThingDone.serialize({ thing: 1 as unknown as string, correlationId: "id-1" })).toThrow(/thing/);
  });

  test("is sent with its defaults, and without fields that its schema does not have", () => {
    const given = { thing: "one", correlationId: "id-1", secret: "s3cr3t" };
    expect(JSON.parse(ThingDone.serialize(given))).toEqual({ thing: "one", count: 1, correlationId: "id-1" });
  });

  test("is recognised as one, and so is a copy of it; an object of the same shape is not", () => {
    const { name, version, type, schema, example, serialize } = ThingDone;
    expect(isEvent(ThingDone)).toBe(true);
    expect(isEvent({ ...ThingDone })).toBe(true);
    expect(isEvent({ name, version, type, schema, example, serialize })).toBe(false);
    for (const value of [null, undefined, "thing-done", schema]) expect(isEvent(value)).toBe(false);
  });
});
