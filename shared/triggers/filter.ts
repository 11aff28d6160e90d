import type { Construct } from "constructs";
import { addFinding } from "../stack/findings";

/**
 * A filter on events, in the syntax of EventBridge, SNS and event source mappings. Each field of the pattern names a field
 * of the event and lists values and operators. An event matches if, for each field of the pattern, the value in the event matches at least one item of the list.
 *
 * @example
 * { status: ["paid", "shipped"], total: [{ numeric: [">", 100] }] }
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export interface Pattern {
  [field: string]: Pattern | (string | number | boolean | null | { [operator: string]: unknown })[];
}

interface Operator {
  accepts: (operand: unknown) => boolean;
  /** A description of the operands that AWS accepts, for the text of findings. */
  expected: string;
  /** Whether the operand can be another operator: `{ "anything-but": { prefix: "p" } }`. */
  nests?: boolean;
}

type Operators = Record<string, Operator>;

const isText = (operand: unknown) => typeof operand === "string";

/** The operators that every service supports. */
const COMMON_OPERATORS: Operators = {
  "anything-but": {
    accepts: (operand) => operand !== null && operand !== undefined,
    expected: "a value, a list of values or an operator",
    nests: true,
  },
  cidr: { accepts: isText, expected: "a string" },
  "equals-ignore-case": { accepts: isText, expected: "a string" },
  exists: { accepts: (operand) => typeof operand === "boolean", expected: "true or false" },
  numeric: { accepts: isNumericRange, expected: 'a list of comparisons, such as [">", 0, "<=", 5]' },
  prefix: { accepts: isText, expected: "a string or an operator", nests: true },
  suffix: { accepts: isText, expected: "a string or an operator", nests: true },
};

/** The operators of rules on a bus. */
const BUS_OPERATORS: Operators = { ...COMMON_OPERATORS, wildcard: { accepts: isText, expected: "a string" } };

/** The JSON of a pattern. Each part of it that AWS would reject becomes a finding. */
export function filterPattern(scope: Construct, pattern: Pattern, operators = COMMON_OPERATORS): string {
  for (const problem of patternProblems(pattern, "", operators)) {
    addFinding(scope, `the filter ${JSON.stringify(pattern)} is not a valid pattern: ${problem}`);
  }
  return JSON.stringify(pattern);
}

/** The JSON of a pattern for a rule on a bus, which supports one operator more than the other services. */
export function busPattern(scope: Construct, pattern: Pattern): string {
  return filterPattern(scope, pattern, BUS_OPERATORS);
}

/**
 * The JSON of a pattern for a subscription to a topic. It matches the attributes of a message, and an attribute is a single value.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html
 */
export function attributePattern(scope: Construct, pattern: Pattern): string {
  const alternatives = (Array.isArray(pattern.$or) ? pattern.$or : []) as Pattern[];
  const attributes = [pattern, ...alternatives].flatMap((each) => Object.entries(each));
  for (const [attribute, values] of attributes) {
    if (Array.isArray(values) || typeof values !== "object") continue;
    const rule = "a message attribute does not have fields";
    addFinding(scope, `the filter's ${attribute} is ${JSON.stringify(values)}, but ${rule}. Write a list of values or operators.`);
  }
  return filterPattern(scope, pattern);
}

/**
 * The filter of an event source mapping. An event that matches none of the patterns does not invoke the lambda.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export function filterCriteria(scope: Construct, patterns: Pattern[] | undefined) {
  if (!patterns) return undefined;
  if (patterns.length === 0 || patterns.length > 5) {
    addFinding(scope, `filters has ${patterns.length} patterns, but AWS accepts 1 to 5. To get all events, leave filters out.`);
  }
  return { filter: patterns.map((pattern) => ({ pattern: filterPattern(scope, pattern) })) };
}

/**
 * Explains why AWS would reject a part of a pattern: an object of fields, or a field's list.
 * @param path where the part is in the pattern, `detail.status`; empty for the whole pattern
 */
function patternProblems(part: unknown, path: string, operators: Operators): string[] {
  const place = path || "the pattern";
  if (Array.isArray(part)) {
    if (part.length === 0) return [`${place} is an empty list, which no event matches. List the values that should match.`];
    return part.flatMap((item) => itemProblems(item, place, operators));
  }
  if (typeof part !== "object" || part === null) {
    const value = JSON.stringify(part);
    return [`${place} is ${value}, but AWS expects a list. Write [${value}].`];
  }
  const fields = Object.entries(part);
  if (fields.length === 0) return [`${place} is empty. Name at least one field.`];
  return fields.flatMap(([field, value]) => {
    const pathOfField = path ? `${path}.${field}` : field;
    // The value of "$or" is a list of patterns, not a list of values.
    if (field === "$or" && Array.isArray(value)) return value.flatMap((each) => patternProblems(each, pathOfField, operators));
    return patternProblems(value, pathOfField, operators);
  });
}

/** Explains why AWS would reject an item of a field's list: a value, or an object with one operator. */
function itemProblems(item: unknown, place: string, operators: Operators): string[] {
  if (typeof item !== "object" || item === null) return [];
  const known = Object.keys(operators).join(", ");
  const [name, ...otherNames] = Object.keys(item);
  if (name === undefined) return [`${place} has an object without an operator. Use one of ${known}.`];
  if (otherNames.length > 0) {
    return [`${place} has several operators in one object: ${[name, ...otherNames].join(", ")}. Write an object for each of them.`];
  }
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (!operator) return [`${place} has the unknown operator "${name}". Use one of ${known}.`];
  const [operand] = Object.values(item);
  const isNested = typeof operand === "object" && operand !== null && !Array.isArray(operand);
  if (operator.nests && isNested) return itemProblems(operand, place, operators);
  if (operator.accepts(operand)) return [];
  return [`${place} has the operator ${name} with ${JSON.stringify(operand)}. Give it ${operator.expected}.`];
}

/** Whether a list has pairs of a comparison and a number, such as `[">", 0, "<=", 5]`. */
function isNumericRange(operand: unknown): boolean {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length % 2 !== 0) return false;
  return operand.every((part, index) => {
    const isComparison = index % 2 === 0;
    return isComparison ? ["<", "<=", "=", ">", ">="].includes(part) : typeof part === "number";
  });
}
