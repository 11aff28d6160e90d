import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { parseJson } from "../../cli/json";

/** An action on a resource that a policy allows or denies: to one principal, under conditions that must all be met. */
export interface Grant {
  /** `*` for everyone. Empty in the policy of an identity, which names no principals. */
  principal: string;
  action: string;
  /** Empty in a trust policy, which names no resources. */
  resource: string;
  conditions: string[];
}

/** What somebody may do after a change of policies, and could not do before. */
export interface Widening {
  allowed: Grant[];
  /** What was denied, so that another policy can allow it now. */
  undenied: Grant[];
}

/**
 * Compares the policies before and after a change. It looks at one statement at a time: an Allow that only several old statements
 * cover together counts as new. So it can find too much, and never too little.
 * @param before policies in JSON. Nothing, or an empty text, means that there is no policy
 * @param after the same, after the change
 * @returns undefined if they differ, and one of them cannot be read as a policy
 */
export function wideningOf(before: unknown[], after: unknown[]): Widening | undefined {
  if (isDeepStrictEqual(before, after)) return { allowed: [], undenied: [] };
  const old = statementsOf(before);
  const current = statementsOf(after);
  if (!old || !current) return undefined;
  const only = (effect: Statement["effect"], statements: Statement[]) => statements.filter((statement) => statement.effect === effect);
  return { allowed: uncovered(only("Allow", current), only("Allow", old)), undenied: uncovered(only("Deny", old), only("Deny", current)) };
}

/** Whether a grant is for everyone, whoever it is: also for everyone except some, and for everyone who uses TLS. */
export function isForEveryone({ principal, conditions }: Grant): boolean {
  return conditions.every((condition) => /aws:SecureTransport/i.test(condition)) && (principal === EVERYTHING || isException(principal));
}

const LONGEST_LIST = 3;

/** The first grants in words: `sqs:SendMessage on arn:aws:sqs:… for sns.amazonaws.com, … and 2 more`. */
export function describeGrants(grants: Grant[]): string {
  const texts = [...new Set(grants.map(describeGrant))];
  const more = texts.length - LONGEST_LIST;
  return `${texts.slice(0, LONGEST_LIST).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function describeGrant({ principal, action, resource }: Grant): string {
  const name = (element: string) => (isException(element) ? "everything but exceptions" : element);
  const who = principal === EVERYTHING ? "everyone" : name(principal);
  return [name(action), ...(resource ? [`on ${name(resource)}`] : []), ...(who ? [`for ${who}`] : [])].join(" ");
}

const EVERYTHING = "*";

/** What a statement names. Each principal may do each action on each resource. */
interface Statement {
  effect: "Allow" | "Deny";
  principals: string[];
  actions: string[];
  resources: string[];
  conditions: string[];
}

const VALUE = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const VALUES = z.union([VALUE.transform((text) => [text]), z.array(VALUE)]);
const PRINCIPAL = z.union([z.literal(EVERYTHING), z.record(z.string(), VALUES)]);
/** An element that IAM does not know makes the policy one that this code cannot judge. */
const STATEMENT = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: PRINCIPAL.optional(),
  NotPrincipal: PRINCIPAL.optional(),
  Action: VALUES.optional(),
  NotAction: VALUES.optional(),
  Resource: VALUES.optional(),
  NotResource: VALUES.optional(),
  Condition: z.record(z.string(), z.record(z.string(), VALUES)).optional(),
});
const POLICY = z.object({ Statement: z.union([STATEMENT.transform((one) => [one]), z.array(STATEMENT)]) });

function statementsOf(policies: unknown[]): Statement[] | undefined {
  const texts = policies.filter((policy) => policy !== undefined && policy !== null && policy !== "");
  const parsed = texts.map((text) => POLICY.safeParse(parseJson(String(text))).data?.Statement);
  const statements = parsed.every((each) => each !== undefined) ? parsed.flat() : undefined;
  // Without an action, it is the statement of another language.
  return statements?.every(({ Action, NotAction }) => Action ?? NotAction) ? statements.map(toStatement) : undefined;
}

function toStatement(one: z.infer<typeof STATEMENT>): Statement {
  return {
    effect: one.Effect,
    principals: elementOf(principalsOf(one.Principal), principalsOf(one.NotPrincipal)),
    actions: elementOf(one.Action, one.NotAction),
    resources: elementOf(one.Resource, one.NotResource),
    conditions: Object.entries(one.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => JSON.stringify([operator, key, [...values].sort()])),
    ),
  };
}

/** An exception, such as NotAction, becomes one text. Which exceptions allow more than others is not judged: they are equal or not. */
function elementOf(names?: string[], exceptions?: string[]): string[] {
  return exceptions ? [`!${JSON.stringify([...exceptions].sort())}`] : (names ?? [""]);
}

function isException(element: string): boolean {
  return element.startsWith("!");
}

function principalsOf(principal?: z.infer<typeof PRINCIPAL>): string[] | undefined {
  if (principal === undefined) return undefined;
  if (principal === EVERYTHING) return [EVERYTHING];
  return Object.entries(principal).flatMap(([kind, ids]) => ids.map((id) => principalOf(kind, id)));
}

/** An account has two names: its number, and the ARN of its root user. A service has a name that no other kind of principal has. */
function principalOf(kind: string, id: string): string {
  if (kind === EVERYTHING) return EVERYTHING;
  if (kind === "AWS") return id.replace(/^arn:[^:]+:iam::(\d{12}):root$/, "$1");
  return kind === "Service" && id !== EVERYTHING ? id : `${kind} ${id}`;
}

/** The grants of some statements that none of the others includes. */
function uncovered(statements: Statement[], others: Statement[]): Grant[] {
  return statements.flatMap((statement) => {
    // More conditions restrict more.
    const candidates = others.filter(({ conditions }) => conditions.every((condition) => statement.conditions.includes(condition)));
    const covering = candidates.map((other) => ({
      principals: statement.principals.filter((name) => other.principals.includes(name) || other.principals.includes(EVERYTHING)),
      actions: statement.actions.filter((name) => other.actions.some((pattern) => matches(pattern.toLowerCase(), name.toLowerCase()))),
      resources: statement.resources.filter((name) => other.resources.some((pattern) => matches(pattern, name))),
    }));
    return grantsOf(statement).filter(
      ({ principal, action, resource }) =>
        !covering.some((all) => all.principals.includes(principal) && all.actions.includes(action) && all.resources.includes(resource)),
    );
  });
}

function grantsOf({ principals, actions, resources, conditions }: Statement): Grant[] {
  return principals.flatMap((principal) =>
    actions.flatMap((action) => resources.map((resource) => ({ principal, action, resource, conditions }))),
  );
}

/**
 * Whether a pattern matches everything that a name matches, which can be a pattern too. `*` stands for a colon only at the end, because
 * IAM does not let it do so everywhere. Exceptions are not patterns: two of them are equal or not.
 */
function matches(pattern: string, name: string): boolean {
  if (pattern === name || pattern === EVERYTHING) return true;
  if (isException(pattern) || isException(name)) return false;
  const expression = pattern.replaceAll(/\*+$|\*+|\?|[\\^$.|+()[\]{}]/g, (part, index: number) => {
    if (part === "?") return `[^*:${ANY_VALUE}]`;
    if (!part.startsWith("*")) return `\\${part}`;
    return index + part.length === pattern.length ? "[^]*" : `[^:${ANY_VALUE}]*`;
  });
  return new RegExp(`^${expression}$`).test(name.replaceAll(/\$\{[^}]*\}/g, ANY_VALUE));
}

/** Stands for the value of a variable, such as `${aws:username}`. It is a character that no policy has. */
const ANY_VALUE = "\uffff";
