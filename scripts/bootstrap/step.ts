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
}

/** Looks at every step, and prints what is there and what is missing. It changes nothing. */
export async function survey(steps: Step[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const step of steps) {
    const problem = await problemOf(step);
    write(problem === undefined ? `✔ ${step.what}` : `☐ ${step.what}: ${problem}`);
    if (problem !== undefined) findings.push({ step, problem });
  }
  return findings;
}

/**
 * Does what the credentials allow, in order. A step that fails does not stop the others, because others may have the rights for it.
 * @returns the steps that people have to do
 */
export async function performAll(findings: Finding[], signal: AbortSignal): Promise<Finding[]> {
  const left: Finding[] = [];
  for (const { step, problem } of findings) {
    signal.throwIfAborted();
    // A step before it may have added what was missing.
    if ((await problemOf(step)) === undefined) continue;
    if (!step.perform) {
      left.push({ step, problem });
      continue;
    }
    write(`… ${step.what}`);
    const failure = await step.perform().then(
      () => problemOf(step),
      (error: Error) => error.message,
    );
    signal.throwIfAborted();
    write(failure === undefined ? `✔ ${step.what}: done` : `✖ ${step.what}: ${failure}`);
    if (failure !== undefined) left.push({ step, problem: failure });
  }
  return left;
}

/** Says for each step who has to do what. */
export function printWhatIsLeft(left: Finding[]): void {
  for (const { step, problem } of left) {
    write(`\n☐ ${step.what}: ${problem}\n  Who: ${step.who}`);
    for (const line of step.byHand()) write(`    ${line}`);
  }
}

async function problemOf(step: Step): Promise<string | undefined> {
  try {
    return await step.missing();
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof UserError) return message;
    // An error of AWS: credentials that may not ask, or none.
    return `it is not known (${name}: ${message})`;
  }
}

function write(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}
