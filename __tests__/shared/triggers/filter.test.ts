import * as fc from "fast-check";
import { busPattern, filterPattern, type Pattern } from "../../../shared/triggers/filter";
import { findingsOf } from "../../harness/synth";

const problemsOf = (pattern: unknown) => findingsOf((app) => filterPattern(app, pattern as Pattern));

test.each<[unknown, string]>([
  [{}, "the whole is empty"],
  [{ status: "paid" }, 'status is "paid"; write a list: ["paid"]'],
  [{ detail: { status: [] } }, "detail.status is an empty list"],
  [{ detail: { status: {} } }, "detail.status is empty"],
  [{ status: [{ startsWith: "p" }] }, "status tests for startsWith; use one of anything-but"],
  [{ status: [{ prefix: "p", suffix: "d" }] }, "status tests for prefix, suffix"],
  [{ status: [{ exists: "yes" }] }, 'status tests for exists "yes", which AWS does not take'],
  [{ price: [{ numeric: ["=>", 5] }] }, 'price tests for numeric ["=>",5]'],
  [{ price: [{ numeric: [">", "5"] }] }, 'price tests for numeric [">","5"]'],
  [{ price: [{ numeric: [">"] }] }, 'price tests for numeric [">"]'],
  [{ status: [{ prefix: null }] }, "status tests for prefix null, which AWS does not take"],
  [{ status: [{ "anything-but": { wildcard: "p*" } }] }, "status tests for wildcard; use one of"],
  [{ $or: [{ status: [] }] }, "$or.status is an empty list"],
])("%j is refused, with the place and the rule", (pattern, message) => {
  expect(problemsOf(pattern)).toEqual([expect.stringContaining(message)]);
});

test("a test of what another test says is taken", () => {
  const pattern = { status: [{ "anything-but": { prefix: "p" } }], name: [{ prefix: { "equals-ignore-case": "p" } }] };
  expect(problemsOf(pattern)).toEqual([]);
});

test("any of several patterns, and numbers between two, are taken", () => {
  expect(problemsOf({ $or: [{ status: ["paid"] }, { price: [{ numeric: [">", 0, "<=", 5] }] }] })).toEqual([]);
});

test("every pattern of fields whose leaves are lists of values and known tests is taken as it is", () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant({ prefix: "p" }),
    fc.constant({ exists: false }),
  );
  const leaf = fc.array(value, { minLength: 1 });
  const { pattern } = fc.letrec((tie) => ({
    pattern: fc.dictionary(fc.string({ minLength: 1 }), fc.oneof({ depthSize: "small" }, leaf, tie("pattern")), {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    }),
  }));
  fc.assert(
    fc.property(pattern, (one) => {
      expect(problemsOf(one)).toEqual([]);
    }),
  );
});

test("a wildcard is a bus's test, and no one else's", () => {
  const pattern = { status: [{ wildcard: "p*d" }] };
  expect(findingsOf((app) => busPattern(app, pattern))).toEqual([]);
  expect(problemsOf(pattern)).toEqual([expect.stringContaining("status tests for wildcard")]);
});
