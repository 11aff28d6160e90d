import { relative } from "node:path";
import type { IConstruct } from "constructs";
import { UserError } from "./errors";

/** One thing in the code of a domain that cannot work. */
interface Finding {
  /** Which construct or file, e.g. `orders-int/placed`. */
  subject: string;
  /** Value, rule and fix. */
  message: string;
  /** `domains/orders/stack.ts:12`, where known. */
  place?: string;
}

const findingsByApp = new WeakMap<IConstruct, Finding[]>();

function findingsOf(scope: IConstruct): Finding[] {
  const { root } = scope.node;
  const known = findingsByApp.get(root) ?? [];
  findingsByApp.set(root, known);
  return known;
}

/**
 * Notes that `scope` cannot work as written. Synth goes on, so that one run names everything
 * there is to mend; {@link throwFindings} then refuses the whole.
 * @param message value, rule and fix, in this order
 * @param subject in place of the construct's path, where a file is at fault
 */
export function addFinding(scope: IConstruct, message: string, subject: string = scope.node.path): void {
  findingsOf(scope).push({ subject, message, place: authorsLine() });
}

/** What was found so far, one text each; the same finding in several environments is one. */
export function listFindings(scope: IConstruct): string[] {
  const subjects = new Map<string, Set<string>>();
  for (const { subject, message, place } of findingsOf(scope)) {
    const text = `: ${message}${place ? `\n    at ${place}` : ""}`;
    subjects.set(text, (subjects.get(text) ?? new Set()).add(subject));
  }
  return [...subjects].map(([text, paths]) => [...paths].join(", ") + text);
}

/** @throws UserError with all findings of the app, if there are any. */
export function throwFindings(scope: IConstruct): void {
  const findings = listFindings(scope);
  if (findings.length === 0) return;
  throw new UserError(`${findings.length} problem(s) found; nothing was written.\n\n${findings.map((text) => `  ${text}`).join("\n\n")}`);
}

/** The line in a domain's folder that led here: the innermost frame of the stack that lies under `domains/`. */
function authorsLine(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = limit;
  for (const frame of stack.split("\n")) {
    const [, file, line] = /\(?((?:\/|[A-Z]:\\)[^():]*[\\/]domains[\\/][^():]*):(\d+):\d+\)?$/.exec(frame) ?? [];
    if (file) return `${relative(process.cwd(), file)}:${line}`;
  }
  return undefined;
}
