import { incompatibilities } from "../../../scripts/compatibility/compatibility";
import type { Contract } from "../../../shared/contract";
import type { EventDescription } from "../../../shared/stack-description";
import { stackOf } from "../../harness/stacks";

const event = (name: string, version = 1, maxLength = 9): EventDescription => ({ name, version, schema: { type: "string", maxLength } });
const orders = (...events: EventDescription[]) => [stackOf("orders-int", [], { events }), stackOf("orders-live", [], { events })];
const contract = (version: number, ...parameters: string[]): Contract => ({ domain: "orders", version, parameters });
const publisher = (...publishes: Contract[]) => stackOf("orders-int", [], { publishes });
const reader = (...reads: Contract[]) => stackOf("checkout-int", [], { reads });
const nobody = () => [];

describe("events", () => {
  test("and their versions may be new", () => {
    expect(incompatibilities(orders(event("placed")), orders(event("placed"), event("placed", 2), event("paid")), nobody)).toEqual([]);
  });

  test("that change are refused once for all environments, with the fix: the next version beside theirs", () => {
    const base = orders(event("placed", 1, 9), event("placed", 2));
    const problems = incompatibilities(base, orders(event("placed", 1, 8), event("placed", 2)), nobody);
    expect(problems).toEqual([
      expect.stringMatching(/^placed v1: maxLength was 9, is 8; take that back, or define placed version 3 beside version 1$/),
    ]);
  });

  test("may move to another domain's contract", () => {
    expect(
      incompatibilities(orders(event("placed")), [stackOf("shop-int", [], { events: [event("placed")] })], () => ["checkout"]),
    ).toEqual([]);
  });

  test("may go when no other domain of the base names them", () => {
    expect(incompatibilities(orders(event("placed")), orders(), nobody)).toEqual([]);
  });

  test("may not go while another domain of the base names them, also when the next version is there", () => {
    const problems = incompatibilities(orders(event("placed")), orders(event("placed", 2)), ({ name, version }) => [
      `reader-of-${name}-${version}`,
    ]);
    expect(problems).toEqual([expect.stringMatching(/^placed v1 is gone, and reader-of-placed-1 named it/)]);
  });
});

describe("contracts", () => {
  const base = [publisher(contract(1, "arn", "url")), reader(contract(1, "url"))];

  test("may have new parameters and versions", () => {
    expect(
      incompatibilities(base, [publisher(contract(1, "arn", "name", "url"), contract(2, "url")), reader(contract(2, "url"))], nobody),
    ).toEqual([]);
  });

  test("may lose a parameter that no stack of the base reads", () => {
    expect(incompatibilities(base, [publisher(contract(1, "url"))], nobody)).toEqual([]);
  });

  test("may not lose a parameter that a stack of the base reads, though it does no more", () => {
    const problems = incompatibilities(base, [publisher(contract(1, "arn")), reader()], nobody);
    expect(problems).toEqual([
      expect.stringMatching(/^the contract v1 of orders: url is gone, and checkout-int read it.*until no deployed stack/),
    ]);
  });

  test("may not lose a version that a stack of the base reads", () => {
    const problems = incompatibilities(base, [publisher(contract(2, "arn", "url")), reader(contract(2, "url"))], nobody);
    expect(problems).toEqual([expect.stringMatching(/^the contract v1 of orders: url is gone/)]);
  });

  test("may not go from one environment only", () => {
    const live = stackOf("orders-live", [], { publishes: [contract(1, "url")] });
    expect(incompatibilities([...base, live], [publisher(), live], nobody)).toEqual([expect.stringMatching(/checkout-int/)]);
  });

  test("may go with their whole environment", () => {
    expect(incompatibilities(base, [stackOf("orders-live")], nobody)).toEqual([]);
  });
});
