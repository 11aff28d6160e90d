import type { Construct } from "constructs";
import { addFinding } from "../stack/findings";

/**
 * What an event must look like, as EventBridge, SNS and event source mappings write it: every field is a list of values, or of
 * tests, of which one must fit. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export interface Pattern {
  [field: string]: Pattern | (string | number | boolean | null | { [test: string]: unknown })[];
}

const isText = (operand: unknown) => typeof operand === "string";
type Tests = Record<string, (operand: unknown) => boolean>;
/** The tests that there are everywhere, and what each takes. */
const TESTS: Tests = {
  "anything-but": (operand) => operand !== null && operand !== undefined,
  cidr: isText,
  "equals-ignore-case": isText,
  exists: (operand) => typeof operand === "boolean",
  // Pairs: [">", 0, "<=", 5]
  numeric: (operand) =>
    Array.isArray(operand) &&
    operand.length > 0 &&
    operand.every((part, at) =>
      at % 2 === 0 ? ["<", "<=", "=", ">", ">="].includes(part) && at + 1 < operand.length : typeof part === "number",
    ),
  prefix: isText,
  suffix: isText,
};
const NESTING = ["anything-but", "prefix", "suffix"];
const TESTS_OF_BUS = { ...TESTS, wildcard: isText };

/** The pattern's JSON; what AWS would refuse becomes a finding. */
export function filterPattern(scope: Construct, pattern: Pattern, tests = TESTS): string {
  for (const problem of problems(pattern, "", tests)) addFinding(scope, `the filter ${JSON.stringify(pattern)} is no pattern: ${problem}`);
  return JSON.stringify(pattern);
}

/** For a bus, which knows a test more. */
export function busPattern(scope: Construct, pattern: Pattern): string {
  return filterPattern(scope, pattern, TESTS_OF_BUS);
}

/** For a topic, which tests attributes of a message, and those have no fields. https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html */
export function attributePattern(scope: Construct, pattern: Pattern): string {
  const fields = Object.entries(pattern).flatMap(([field, tests]) =>
    field === "$or" && Array.isArray(tests) ? (tests as Pattern[]).flatMap((each) => Object.entries(each)) : [[field, tests] as const],
  );
  for (const [field, tests] of fields) {
    if (Array.isArray(tests) || typeof tests !== "object") continue;
    addFinding(
      scope,
      `the filter's ${field} is ${JSON.stringify(tests)}; a message attribute has no fields: write a list of values or tests`,
    );
  }
  return filterPattern(scope, pattern);
}

/** For an event source mapping: an event that fits none of the patterns is passed over, and costs nothing. */
export function filterCriteria(scope: Construct, patterns: Pattern[] | undefined) {
  if (!patterns) return undefined;
  // https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
  if (patterns.length === 0 || patterns.length > 5) addFinding(scope, `filters are ${patterns.length}; AWS takes 1 to 5`);
  return { filter: patterns.map((pattern) => ({ pattern: filterPattern(scope, pattern) })) };
}

function problems(part: unknown, path: string, tests: Tests): string[] {
  const place = path || "the whole";
  if (Array.isArray(part))
    return part.length === 0 ? [`${place} is an empty list, which nothing fits`] : part.flatMap((one) => test(one, place, tests));
  if (typeof part !== "object" || part === null) return [`${place} is ${JSON.stringify(part)}; write a list: [${JSON.stringify(part)}]`];
  const fields = Object.entries(part);
  if (fields.length === 0) return [`${place} is empty; name a field`];
  return fields.flatMap(([field, inner]) => {
    const whole = path ? `${path}.${field}` : field;
    // Any of several patterns.
    return field === "$or" && Array.isArray(inner) ? inner.flatMap((each) => problems(each, whole, tests)) : problems(inner, whole, tests);
  });
}

function test(one: unknown, place: string, tests: Tests): string[] {
  if (typeof one !== "object" || one === null) return [];
  const [[name = "", operand] = [], ...more] = Object.entries(one);
  const takes = tests[name];
  if (!takes || more.length > 0) {
    return [`${place} tests for ${Object.keys(one).join(", ") || "nothing"}; use one of ${Object.keys(tests).join(", ")}`];
  }
  // Of what another test says: { "anything-but": { prefix: "p" } }
  if (NESTING.includes(name) && typeof operand === "object" && operand && !Array.isArray(operand)) return test(operand, place, tests);
  return takes(operand) ? [] : [`${place} tests for ${name} ${JSON.stringify(operand)}, which AWS does not take`];
}
