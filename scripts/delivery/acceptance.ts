import { UserError } from "../../shared/errors";
import type { Danger } from "../terraform/dangers/danger";
import { acceptOptions } from "./plan-summary";

/** The dangers of one stack's plan. */
interface DangerousStack {
  stack: string;
  dangers: Danger[];
}

/** The dangers that nobody has accepted by name. */
export function notAccepted(dangers: Danger[], accepted: string[]): Danger[] {
  return dangers.filter(({ name }) => !accepted.includes(name));
}

/**
 * Checks that every danger was accepted by name, and that every name is one of a danger: a name that means nothing is a mistake.
 * @param given the command with its arguments, `npm run apply -- orders-int`, and whether `stacks` has all plans, so that a name without a
 * danger is a mistake
 * @throws UserError with the dangers and the options that accept them
 */
export function requireAccepted(stacks: DangerousStack[], accepted: string[], given: { command: string; isComplete: boolean }): void {
  const missing = stacks.flatMap(({ stack, dangers }) => notAccepted(dangers, accepted).map((danger) => ({ stack, danger })));
  if (missing.length > 0) {
    const lines = missing.map(({ stack, danger }) => `  ${stack}: ${danger.name}   ${danger.text}`);
    const options = acceptOptions(missing.map(({ danger }) => danger));
    throw new UserError(
      ["Nothing was changed. These changes must be accepted by name:", ...lines, `Add: ${given.command} ${options}`].join("\n"),
    );
  }
  const known = new Set(stacks.flatMap(({ dangers }) => dangers.map(({ name }) => name)));
  const unknown = accepted.filter((name) => !known.has(name));
  if (unknown.length === 0 || !given.isComplete) return;
  const names = [...known].join(", ") || "none";
  throw new UserError(`--accept names ${unknown.join(", ")}, but the dangers of these plans are: ${names}. Nothing was changed.`);
}
