import { eventUsers } from "../../../scripts/compatibility/event-users";
import { temporaryFolder } from "../../harness/temporary-folder";

const CONTRACT = `import * as z from "zod";
const fields = z.object({ id: z.uuid() });

/** A thing is done. */
export const ThingDone = defineEvent({
  name: "thing-done",
  version: 1,
  schema: fields,
});
export type Thing = EventOf<typeof ThingDone>;
export const Things = z.array(thingOf());
function thingOf() { return ThingDone.schema; }

export const ThingDone2 = defineEvent({ name: "thing-done", version: 2, schema: fields });
`;
const users = (files: Record<string, string>, version = 1) =>
  eventUsers(temporaryFolder({ "domains/things/contract.ts": CONTRACT, ...files }), { name: "thing-done", version, schema: {} });

test.each([
  ["the event", "ThingDone.serialize({})"],
  ["a type of it", "const thing: Thing = {}"],
  ["what is made of what is made of it", "Things.parse([])"],
])("a domain that names %s uses it", (_, code) => {
  expect(users({ "domains/shop/lambdas/deep/sell.ts": code, "domains/other/stack.ts": "" })).toEqual(["shop"]);
});

test("a domain that names another version does not use it, nor does the one that defines it", () => {
  const files = { "domains/things/stack.ts": "ThingDone", "domains/shop/stack.ts": "ThingDone2 NothingDone" };
  expect(users(files)).toEqual([]);
  expect(users(files, 2)).toEqual(["shop"]);
});

test("an event that is written in a way that nobody finds counts as used", () => {
  expect(users({}, 3)).not.toEqual([]);
});
