import { incompatibilities, newAndChangedEvents } from "../../../scripts/compatibility/compatibility";
import type { Contract } from "../../../shared/contract";
import type { EventDescription } from "../../../shared/stack-description";
import { stackOf } from "../../harness/stacks";

const event = (name: string, version = 1, maxLength = 9): EventDescription => ({ name, version, schema: { type: "string", maxLength } });
const orders = (...events: EventDescription[]) => [stackOf("orders-int", [], { events }), stackOf("orders-live", [], { events })];
const contract = (version: number, ...parameters: string[]): Contract => ({ domain: "orders", version, parameters });
const publisher = (...publishes: Contract[]) => stackOf("orders-int", [], { publishes });
const reader = (...reads: Contract[]) => stackOf("checkout-int", [], { reads });
const noUsers = async () => ({ domains: [] });

describe("events", () => {
  test("and versions can be added", async () => {
    const current = orders(event("placed"), event("placed", 2), event("paid"));
    expect(await incompatibilities(orders(event("placed")), current, noUsers)).toEqual([]);
  });

  test("that change are reported once for all environments, and the fix is a next version beside the present one", async () => {
    const base = orders(event("placed", 1, 9), event("placed", 2));
    const problems = await incompatibilities(base, orders(event("placed", 1, 8), event("placed", 2)), noUsers);
    expect(problems).toEqual(["placed v1: maxLength changed from 9 to 8. Undo the change, or define placed version 3 beside version 1."]);
  });

  test("can move to the contract of another domain", async () => {
    const moved = [stackOf("shop-int", [], { events: [event("placed")] })];
    expect(await incompatibilities(orders(event("placed")), moved, async () => ({ domains: ["checkout"] }))).toEqual([]);
  });

  test("can be removed if no other domain of the base uses them", async () => {
    expect(await incompatibilities(orders(event("placed")), orders(), noUsers)).toEqual([]);
  });

  test("cannot be removed while another domain of the base uses them, even if the next version exists", async () => {
    const findUsers = async ({ name, version }: EventDescription) => ({ domains: [`reader-of-${name}-${version}`] });
    const problems = await incompatibilities(orders(event("placed")), orders(event("placed", 2)), findUsers);
    expect(problems).toEqual([
      expect.stringMatching(/^placed v1 was removed, but these domains use it in the base: reader-of-placed-1\. Keep/),
    ]);
  });

  test("cannot be removed if their users cannot be determined, and the reason is reported", async () => {
    const findUsers = async () => ({ undetermined: "its name is computed" });
    const problems = await incompatibilities(orders(event("placed")), orders(), findUsers);
    expect(problems).toEqual([expect.stringMatching(/^placed v1 was removed, but .* cannot be determined: its name is computed\. Keep/)]);
  });

  test("that are new or have changed are listed", () => {
    const base = orders(event("placed"), event("paid"));
    const current = orders(event("placed"), event("placed", 2), event("paid", 1, 8));
    expect(newAndChangedEvents(base, current)).toEqual(["placed v2", "paid v1"]);
  });
});

describe("contracts", () => {
  const base = [publisher(contract(1, "arn", "url")), reader(contract(1, "url"))];

  test("can have new parameters and versions", async () => {
    const current = [publisher(contract(1, "arn", "name", "url"), contract(2, "url")), reader(contract(2, "url"))];
    expect(await incompatibilities(base, current, noUsers)).toEqual([]);
  });

  test("can lose a parameter that no stack of the base reads", async () => {
    expect(await incompatibilities(base, [publisher(contract(1, "url"))], noUsers)).toEqual([]);
  });

  test("cannot lose a parameter that a stack of the base reads, even if that stack no longer reads it", async () => {
    const problems = await incompatibilities(base, [publisher(contract(1, "arn")), reader()], noUsers);
    expect(problems).toEqual([
      expect.stringMatching(/^url of contract v1 of orders was removed, but checkout-int reads it in the base.*until no deployed stack/),
    ]);
  });

  test("cannot lose a version that a stack of the base reads", async () => {
    const problems = await incompatibilities(base, [publisher(contract(2, "arn", "url")), reader(contract(2, "url"))], noUsers);
    expect(problems).toEqual([expect.stringMatching(/^url of contract v1 of orders was removed/)]);
  });

  test("cannot be removed from one environment only", async () => {
    const live = stackOf("orders-live", [], { publishes: [contract(1, "url")] });
    expect(await incompatibilities([...base, live], [publisher(), live], noUsers)).toEqual([expect.stringMatching(/checkout-int/)]);
  });

  test("can be removed together with their environment", async () => {
    expect(await incompatibilities(base, [stackOf("orders-live")], noUsers)).toEqual([]);
  });
});
