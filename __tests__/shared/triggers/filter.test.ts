import * as fc from "fast-check";
import { busPattern, filterPattern, type Pattern } from "../../../shared/triggers/filter";
import { findingsOf } from "../../harness/synth";

const problemsOf = (pattern: unknown) => findingsOf((app) => filterPattern(app, pattern as Pattern));

test.each<[unknown, string]>([
  [{}, "the filter {} is not a valid pattern: the pattern is empty. Name at least one field."],
  [{ status: "paid" }, 'status is "paid", but AWS expects a list. Write ["paid"].'],
  [{ detail: { status: [] } }, "detail.status is an empty list"],
  [{ detail: { status: {} } }, "detail.status is empty"],
  [{ status: [{ startsWith: "p" }] }, 'status has the unknown operator "startsWith". Use one of anything-but'],
  [
    { status: [{ prefix: "p", suffix: "d" }] },
    "status has several operators in one object: prefix, suffix. Write an object for each of them.",
  ],
  [{ status: [{}] }, "status has an object without an operator. Use one of anything-but"],
  [{ status: [{ constructor: "p" }] }, 'status has the unknown operator "constructor"'],
  [{ status: [{ exists: "yes" }] }, 'status has the operator exists with "yes". Give it true or false.'],
  [
    { price: [{ numeric: ["=>", 5] }] },
    'price has the operator numeric with ["=>",5]. Give it a list of comparisons, such as [">", 0, "<=", 5].',
  ],
  [{ price: [{ numeric: [">", "5"] }] }, 'price has the operator numeric with [">","5"]'],
  [{ price: [{ numeric: [">"] }] }, 'price has the operator numeric with [">"]'],
  [{ status: [{ prefix: null }] }, "status has the operator prefix with null. Give it a string or an operator."],
  [{ status: [{ "anything-but": { wildcard: "p*" } }] }, 'status has the unknown operator "wildcard". Use one of'],
  [{ $or: [{ status: [] }] }, "$or.status is an empty list"],
])("the filter %j is refused, with the place, the value and the fix", (pattern, message) => {
  expect(problemsOf(pattern)).toEqual([expect.stringContaining(message)]);
});

test("an operator inside another operator is accepted", () => {
  const pattern = { status: [{ "anything-but": { prefix: "p" } }], name: [{ prefix: { "equals-ignore-case": "p" } }] };
  expect(problemsOf(pattern)).toEqual([]);
});

test("alternative patterns and ranges of numbers are accepted", () => {
  expect(problemsOf({ $or: [{ status: ["paid"] }, { price: [{ numeric: [">", 0, "<=", 5] }] }] })).toEqual([]);
});

test("every pattern whose leaves are lists of values and known operators is accepted", () => {
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

test("only a bus supports the operator wildcard", () => {
  const pattern = { status: [{ wildcard: "p*d" }] };
  expect(findingsOf((app) => busPattern(app, pattern))).toEqual([]);
  expect(problemsOf(pattern)).toEqual([expect.stringContaining('status has the unknown operator "wildcard"')]);
});
