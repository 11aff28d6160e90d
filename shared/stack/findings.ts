import { join, relative, sep } from "node:path";
import { Token } from "cdktf";
import type { IConstruct } from "constructs";
import { UserError } from "../errors";

/** The kind of metadata that a finding is in the tree of constructs. */
const FINDING = "finding";

/**
 * Notes that something cannot work as written. Synth goes on, so that one run names everything
 * there is to mend; {@link throwFindings} then refuses the whole.
 * @param message value, rule and fix, in this order
 * @param subject in place of the construct's path, where a file is at fault
 * @param cause an error that tells where, in place of the call itself
 */
export function addFinding(scope: IConstruct, message: string, subject: string = scope.node.path, cause?: Error): void {
  const place = authorsLine(cause);
  scope.node.addMetadata(FINDING, { subject, text: place ? `${message}\n    at ${place}` : message });
}

/** Notes a number that AWS would refuse. What only Terraform knows (a token) passes. */
export function checkRange(scope: IConstruct, option: string, value: number | undefined, least: number, most: number, unit = ""): void {
  if (value === undefined || Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= most)) return;
  addFinding(scope, `${option} is ${value}${unit}; AWS takes whole numbers from ${least} to ${most}${unit}`);
}

/** What was found so far, one text each; the same finding in several environments is one. */
export function listFindings(scope: IConstruct): string[] {
  const nodes = scope.node.root.node.findAll().map(({ node }) => node);
  const noted = nodes.flatMap(({ metadata }) => metadata.filter(({ type }) => type === FINDING).map(({ data }) => data));
  // What can only be judged once everything is there: constructs say it by a validation of their own.
  const judged = nodes.flatMap((node) => node.validate().map((text) => ({ subject: node.path, text })));
  const subjects = new Map<string, Set<string>>();
  for (const { subject, text } of [...noted, ...judged]) subjects.set(text, (subjects.get(text) ?? new Set()).add(subject));
  return [...subjects].map(([text, of]) => `${[...of].join(", ")}: ${text}`);
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
