import type { CallExpression, Expression, HasSpan } from "@swc/core";

/** The methods of a schema, and the functions of zod, that give a schema a default: `z.int().default(1)`, `z._default(z.int(), 1)`. */
const DEFAULT_METHODS = ["default", "prefault", "_default"];

/**
 * Finds the defaults in the source of a contract that are not literals, and returns their lines:
 *
 *     count: z.int().default(1)                                         a literal
 *     at: z.iso.datetime().default(() => new Date().toISOString())      found
 *     currency: z.string().default(process.env.CURRENCY)                found
 *
 * It parses the source, because a schema does not show the difference: zod keeps every default, whether it is a constant or a
 * function, behind a getter. Schemas that the contract imports from other files are not searched.
 */
export function findComputedDefaults(source: string): number[] {
  if (!DEFAULT_METHODS.some((method) => source.includes(`.${method}(`))) return [];
  // Loaded only when needed, because the parser takes about 75 ms to load and most contracts have no defaults.
  const { parseSync }: typeof import("@swc/core") = require("@swc/core");
  const calls = callsIn(parseSync(source, { syntax: "typescript" }));
  const computed = calls.flatMap(defaultOf).filter((value) => !isLiteral(value));
  return computed.map((value) => lineOf(value as HasSpan, source));
}

/** Every call in a part of the syntax tree. */
function callsIn(node: unknown): CallExpression[] {
  if (typeof node !== "object" || node === null) return [];
  const inside = Object.values(node).flatMap(callsIn);
  return isCall(node) ? [node, ...inside] : inside;
}

function isCall(node: object): node is CallExpression {
  return "type" in node && node.type === "CallExpression";
}

/** The value that a call gives as a default, its last argument. Other calls have none. */
function defaultOf({ callee, arguments: values }: CallExpression): Expression[] {
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return [];
  const value = values.at(-1);
  return DEFAULT_METHODS.includes(callee.property.value) && value ? [value.expression] : [];
}

/** Whether an expression is written out as a value: text, number, boolean, null, and lists and objects of these. */
function isLiteral(expression: Expression): boolean {
  switch (expression.type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
    case "NullLiteral":
      return true;
    case "TemplateLiteral":
      return expression.expressions.length === 0;
    case "UnaryExpression":
      return expression.operator === "-" && isLiteral(expression.argument);
    case "ArrayExpression":
      return expression.elements.every((element) => element !== undefined && !element.spread && isLiteral(element.expression));
    case "ObjectExpression":
      return expression.properties.every(
        (property) => property.type === "KeyValueProperty" && property.key.type !== "Computed" && isLiteral(property.value),
      );
    case "ParenthesisExpression":
    case "TsAsExpression":
    case "TsConstAssertion":
    case "TsSatisfiesExpression":
      return isLiteral(expression.expression);
    default:
      return false;
  }
}

/** The line of a part of the syntax tree. The parser counts positions in bytes, from 1. */
function lineOf({ span }: HasSpan, source: string): number {
  const before = Buffer.from(source).subarray(0, span.start - 1);
  return before.toString().split("\n").length;
}
