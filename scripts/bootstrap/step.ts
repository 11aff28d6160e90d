import { UserError } from "../../shared/errors";
import type { Environment, Project } from "../../shared/stack/config";
import { printable } from "../cli/printable";

/** The environment that is prepared. */
export interface Target {
  project: Project;
  environment: Environment;
}

/** Something that an environment needs before its first deployment. */
export interface Step {
  /** `the bucket shop-int-state-111111111111` */
  what: string;
  /** What is missing. Undefined if nothing is. */
  missing: () => Promise<string | undefined>;
  /** Adds what is missing. Left out if only people can. */
  perform?: () => Promise<void>;
  /** Whether nothing may be deployed as long as it is missing. */
  mustStop?: () => boolean;
  /** Who can do it by hand, and with which permissions. */
  who: string;
  /** What they do: commands and sentences. */
  byHand: () => string[];
}

/** What is still to do, after a look at every step. */
export interface Finding {
  step: Step;
  /** What is missing, or why it is not known. */
  problem: string;
  /** Whether it is not known what is missing, because the credentials may not ask, or a program is missing. Then nothing is done. */
  isUnknown: boolean;
}

/** Looks at every step, and prints what is there and what is missing. It changes nothing. */
export async function survey(steps: Step[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const step of steps) {
    const finding = await lookAt(step);
    write(finding ? `☐ ${step.what}: ${finding.problem}` : `✔ ${step.what}`);
    if (finding) findings.push(finding);
  }
  return findings;
}

/**
 * Does what the credentials allow, in order. A step that fails does not stop the others, because others may have the rights for it.
 * @returns the steps that people have to do, and whether one of these was tried and failed
 */
export async function performAll(findings: Finding[], signal: AbortSignal): Promise<{ left: Finding[]; hasFailed: boolean }> {
  const left: Finding[] = [];
  let hasFailed = false;
  for (const { step } of findings) {
    signal.throwIfAborted();
    // A step before it may have added what was missing.
    const finding = await lookAt(step);
    if (!finding) continue;
    if (!step.perform || finding.isUnknown) {
      left.push(finding);
      continue;
    }
    write(`… ${step.what}`);
    const rest = await step.perform().then(
      () => lookAt(step),
      (error: Error) => ({ ...finding, problem: error.message }),
    );
    signal.throwIfAborted();
    write(rest ? `✖ ${step.what}: ${rest.problem}` : `✔ ${step.what}: done`);
    if (rest) left.push(rest);
    hasFailed ||= rest !== undefined;
  }
  return { left, hasFailed };
}

/** Says for each step who has to do what. */
export function printWhatIsLeft(left: Finding[]): void {
  for (const { step } of left) {
    write(`\n☐ ${step.what}\n  Who: ${step.who}`);
    for (const line of step.byHand()) write(`    ${line}`);
  }
}

async function lookAt(step: Step): Promise<Finding | undefined> {
  try {
    const problem = await step.missing();
    return problem === undefined ? undefined : { step, problem, isUnknown: false };
  } catch (error) {
    const { name, message } = error as Error;
    // An error of AWS: credentials that may not ask, or none.
    const problem = error instanceof UserError ? message : `it is not known (${name}: ${message})`;
    return { step, problem, isUnknown: true };
  }
}

function write(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}
