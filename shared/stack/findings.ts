import { join, relative, sep } from "node:path";
import { Token } from "cdktf";
import type { IConstruct } from "constructs";
import { UserError } from "../errors";

/**
 * A finding is a problem in the project that would make the deployed system fail or be unsafe. Constructs add findings while they
 * are created, and the synth continues, so that one run reports all of them. {@link throwFindings} then stops the synth.
 */

/** The type of a construct's metadata that is a finding. */
const FINDING = "finding";

/** How many frames of a stack trace are searched for the author's line. */
const STACK_FRAMES = 50;

/**
 * Adds a finding to a construct. The text gets the line in `domains/` that led to it, if there is one.
 * @param message the value, the rule and the fix, in this order
 * @param subject the place that is reported, such as a file; by default the construct's path
 * @param cause an error whose stack trace has the author's line; by default, this call's own stack trace has it
 */
export function addFinding(scope: IConstruct, message: string, subject: string = scope.node.path, cause?: Error): void {
  const line = authorsLine(cause?.stack ?? captureStack());
  scope.node.addMetadata(FINDING, { subject, text: line ? `${message}\n    at ${line}` : message });
}

interface Range {
  min: number;
  max: number;
  /** @default none: a count */
  unit?: string;
}

/**
 * Adds a finding for each option whose number is outside the range that AWS accepts. A CDKTF token passes, because only Terraform knows
 * its value, and so does an option that is not set.
 * @param options the values by the name of the option
 * @example
 * checkRange(this, { timeout }, { min: 1, max: 900, unit: "s" });
 */
export function checkRange(scope: IConstruct, options: Record<string, number | undefined>, { min, max, unit }: Range): void {
  const suffix = unit ? ` ${unit}` : "";
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || Token.isUnresolved(value)) continue;
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    addFinding(scope, `${option} is ${value}${suffix}, and AWS accepts whole numbers from ${min} to ${max}${suffix}`);
  }
}

/** Lists all findings of the app, one text each. A finding that several environments have is listed once, with all its places. */
export function listFindings(scope: IConstruct): string[] {
  const constructs = scope.node.root.node.findAll();
  const added = constructs.flatMap(({ node }) => node.metadata.filter(({ type }) => type === FINDING).map(({ data }) => data));
  // Some problems can be found only when the app is complete. Constructs report these from a validation of their own.
  const validated = constructs.flatMap(({ node }) => node.validate().map((text) => ({ subject: node.path, text })));

  const subjectsByText = new Map<string, Set<string>>();
  for (const { subject, text } of [...added, ...validated]) {
    const subjects = subjectsByText.get(text) ?? new Set();
    subjectsByText.set(text, subjects.add(subject));
  }
  return [...subjectsByText].map(([text, subjects]) => `${[...subjects].join(", ")}: ${text}`);
}

/**
 * Stops the synth if the app has findings.
 * @throws UserError with all findings
 */
export function throwFindings(scope: IConstruct): void {
  const findings = listFindings(scope);
  if (findings.length === 0) return;
  const list = findings.map((text) => `  ${text}`).join("\n\n");
  throw new UserError(`${findings.length} problem(s) found; nothing was written.\n\n${list}`);
}

/**
 * The stack trace of the caller. It sets `Error.stackTraceLimit`, a global, for the moment of the capture: V8 keeps 10 frames
 * by default, and the author's line is often further up. `util.getCallSites`, which needs no global, does not
 * exist in Node.js 20, which this project supports.
 */
function captureStack(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_FRAMES;
  try {
    return new Error().stack ?? "";
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The line of the innermost stack frame in the project's `domains/` folder: `domains/orders/stack.ts:12`. */
function authorsLine(stack: string): string | undefined {
  const domains = join(process.cwd(), "domains", sep);
  const frame = stack.split("\n").find((line) => line.includes(domains));
  if (frame === undefined) return undefined;
  // A frame ends in file, line and column, and in a bracket if it also names the function: "at define (/…/stack.ts:12:5)".
  const [, file, line] = /^(.*):(\d+):\d+\)?$/.exec(frame.slice(frame.indexOf(domains))) ?? [];
  return file && `${relative(process.cwd(), file)}:${line}`;
}
