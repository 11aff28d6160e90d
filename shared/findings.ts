import { join, relative, sep } from "node:path";
import { Token } from "cdktf";
import type { IConstruct } from "constructs";
import { UserError } from "./errors";

/** What cannot work: the message (value, rule, fix), and the constructs or files it is true of. */
type Findings = Map<string, Set<string>>;

const findingsByApp = new WeakMap<IConstruct, Findings>();

/**
 * Notes that something cannot work as written. Synth goes on, so that one run names everything
 * there is to mend; {@link throwFindings} then refuses the whole.
 * @param message value, rule and fix, in this order
 * @param subject in place of the construct's path, where a file is at fault
 * @param cause an error that tells where, in place of the call itself
 */
export function addFinding(scope: IConstruct, message: string, subject: string = scope.node.path, cause?: Error): void {
  const findings: Findings = findingsByApp.get(scope.node.root) ?? new Map();
  findingsByApp.set(scope.node.root, findings);
  const place = authorsLine(cause);
  const text = place ? `${message}\n    at ${place}` : message;
  findings.set(text, (findings.get(text) ?? new Set()).add(subject));
}

/** Notes a number that AWS would refuse. What only Terraform knows (a token) passes. */
export function checkRange(scope: IConstruct, option: string, value: number | undefined, least: number, most: number, unit = ""): void {
  if (value === undefined || Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= most)) return;
  addFinding(scope, `${option} is ${value}${unit}; AWS takes whole numbers from ${least} to ${most}${unit}`);
}

/** What was found so far, one text each; the same finding in several environments is one. */
export function listFindings(scope: IConstruct): string[] {
  const findings: Findings = new Map(findingsByApp.get(scope.node.root));
  // What can only be judged once everything is there: constructs say it by a validation of their own.
  for (const { node } of scope.node.root.node.findAll()) {
    for (const text of node.validate()) findings.set(text, (findings.get(text) ?? new Set()).add(node.path));
  }
  return [...findings].map(([text, subjects]) => `${[...subjects].join(", ")}: ${text}`);
}

/** @throws UserError with all findings of the app, if there are any. */
export function throwFindings(scope: IConstruct): void {
  const findings = listFindings(scope);
  if (findings.length === 0) return;
  throw new UserError(`${findings.length} problem(s) found; nothing was written.\n\n${findings.map((text) => `  ${text}`).join("\n\n")}`);
}

/** The line in a domain's folder that led here: the innermost frame of the stack that lies under `domains/`. */
function authorsLine(cause?: Error): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const { stack = "" } = cause ?? new Error();
  Error.stackTraceLimit = limit;
  const domains = join(process.cwd(), "domains", sep);
  const frame = stack.split("\n").find((line) => line.includes(domains)) ?? "";
  const [, file, line] = /^(.*):(\d+):\d+\)?$/.exec(frame.slice(frame.indexOf(domains))) ?? [];
  return file && `${relative(process.cwd(), file)}:${line}`;
}
