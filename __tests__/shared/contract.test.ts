import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { defineEvent, type EventDefinition } from "../../shared/contract";
import { ThingDone as SampleEvent } from "../harness/definitions";

const DOMAINS = join(__dirname, "../../domains");

/** Every event that a domain's contract exports, found as the app finds domains. */
const events: [string, EventDefinition][] = readdirSync(DOMAINS)
  .filter((domain) => existsSync(join(DOMAINS, domain, "contract.ts")))
  .flatMap((domain) =>
    Object.entries<Partial<EventDefinition>>(require(join(DOMAINS, domain, "contract.ts")))
      .filter(([, value]) => value.serialize && value.schema)
      .map(([name, value]): [string, EventDefinition] => [`${domain}: ${name}`, value as EventDefinition]),
  );

// A project may have none of its own yet.
describe.each([...events, ["support: ThingDone", SampleEvent as unknown as EventDefinition] satisfies (typeof events)[number]])(
  "the event %s",
  (_, event) => {
    test("has an example that fits, and still does when it has travelled", () => {
      expect(event.schema.parse(JSON.parse(event.serialize(event.example)))).toEqual(event.schema.parse(event.example));
    });

    test("has every field in its example, also the optional ones: what the samples do not carry, no test sees get lost", () => {
      expect(Object.keys(event.example).sort()).toEqual(Object.keys(event.schema.shape).sort());
    });

    test("has a name in kebab-case and a version that counts from 1", () => {
      expect(event.name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(event.version).toBeGreaterThanOrEqual(1);
      expect(Number.isInteger(event.version)).toBe(true);
    });

    test("is refused without a correlation id", () => {
      const { correlationId: _id, ...rest } = event.example;
      expect(() => event.serialize(rest as typeof event.example)).toThrow(/correlationId/);
    });
  },
);

test("no two events share a name and a version", () => {
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

  test("carries the correlation id without its schema saying so", () => {
    const sent = JSON.parse(ThingDone.serialize({ thing: "one", correlationId: "id-1" }));
    expect(sent).toMatchObject({ correlationId: "id-1" });
    expect(ThingDone.schema.parse(sent).correlationId).toBe("id-1");
  });

  test.each(["", "x".repeat(129)])("is not sent with a correlation id that is empty or endless: %j", (correlationId) => {
    expect(() => ThingDone.serialize({ thing: "one", correlationId })).toThrow(/correlationId/);
  });

  test("that does not fit is refused at the sender, naming the field", () => {
    expect(() => ThingDone.serialize({ thing: 1 as unknown as string, correlationId: "id-1" })).toThrow(/thing/);
  });

  test("travels with its defaults, and without what its schema does not know", () => {
    const given = { thing: "one", correlationId: "id-1", secret: "s3cr3t" };
    expect(JSON.parse(ThingDone.serialize(given))).toEqual({ thing: "one", count: 1, correlationId: "id-1" });
  });
});
