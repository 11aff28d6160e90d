import type { PolicyDocument, PolicyStatement } from "../../shared/foundation/roles/policy";

/** The condition keys of a request, by name. */
export type RequestKeys = Record<string, string>;

/**
 * Whether a policy allows an action on a resource, as IAM evaluates it. It knows only the elements that the deploy roles use.
 * @throws Error when a statement has a condition operator that it does not know
 */
export function allows(policy: PolicyDocument, action: string, resource: string, keys: RequestKeys = {}): boolean {
  const applies = (effect: string) =>
    policy.Statement.some((statement) => statement.Effect === effect && matches(statement, action, resource, keys));
  return applies("Allow") && !applies("Deny");
}

function matches({ Action, Resource, Condition = {} }: PolicyStatement, action: string, resource: string, keys: RequestKeys): boolean {
  return (
    [Action].flat().some((pattern) => like(action.toLowerCase(), pattern.toLowerCase())) &&
    [Resource].flat().some((pattern) => like(resource, pattern)) &&
    Object.entries(Condition).every(([operator, expected]) =>
      Object.entries(expected).every(([key, values]) => isMet(operator, keys[key], [values].flat())),
    )
  );
}

function isMet(operator: string, value: string | undefined, expected: string[]): boolean {
  switch (operator) {
    case "Null":
      return expected.includes(String(value === undefined));
    case "StringEquals":
    case "ForAnyValue:StringEquals":
      return value !== undefined && expected.includes(value);
    case "StringEqualsIfExists":
      return value === undefined || expected.includes(value);
    case "StringNotEquals":
      return value === undefined || !expected.includes(value);
    case "ArnLikeIfExists":
      return value === undefined || expected.some((pattern) => like(value, pattern));
    case "ArnLike":
      return value !== undefined && expected.some((pattern) => like(value, pattern));
    default:
      throw new Error(`The operator ${operator} is unknown.`);
  }
}

/** "*" matches any text, and "${*}" the character itself. */
function like(text: string, pattern: string): boolean {
  const literal = (part: string) =>
    part
      .split("*")
      .map((each) => each.replace(/[.+?^${}()|[\]\\/]/g, "\\$&"))
      .join(".*");
  return new RegExp(`^${pattern.split(`\${*}`).map(literal).join("\\*")}$`).test(text);
}
