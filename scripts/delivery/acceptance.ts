import { UserError } from "../../shared/errors";
import type { Danger } from "../terraform/dangers/danger";

/** The dangers of one stack's plan. */
export interface DangerousStack {
  stack: string;
  dangers: Danger[];
}

/** The command that was given, for messages. */
export interface GivenCommand {
  /** With its arguments: `npm run apply -- orders-int`. */
  command: string;
  /** Whether all plans are known, so that a name without a danger is a mistake. */
  isComplete: boolean;
}

/**
 * Checks that every danger was accepted by name, and that every name is one of a danger: a name that means nothing is a mistake.
 * @param stacks all that the command is about
 * @param accepted addresses, if it is about one stack. Otherwise `<stack>/<address>`, because many stacks have the same addresses.
 * @throws UserError with the dangers and the options that accept them
 */
export function requireAccepted(stacks: DangerousStack[], accepted: string[], { command, isComplete }: GivenCommand): void {
  const isOne = stacks.length === 1;
  const dangers = stacks.flatMap(({ stack, dangers: own }) => own.map((danger) => ({ ...danger, name: acceptName(stack, danger, isOne) })));
  const unknown = accepted.filter((name) => !dangers.some((danger) => danger.name === name));
  if (unknown.length > 0 && isComplete) {
    const names = [...new Set(dangers.map(({ name }) => name))].join(", ") || "none";
    throw new UserError(`--accept names ${unknown.join(", ")}, but the dangers of these plans are: ${names}. Nothing was changed.`);
  }
  const missing = dangers.filter(({ name }) => !accepted.includes(name));
  if (missing.length === 0) return;
  const lines = missing.map(({ name, text }) => `  ${name}   ${text}`);
  const options = [...new Set([...accepted, ...missing.map(({ name }) => name)])].map((name) => `--accept ${name}`).join(" ");
  throw new UserError(["Nothing was changed. These changes must be accepted by name:", ...lines, `Run: ${command} ${options}`].join("\n"));
}

/** The name by which a danger is accepted. @param isOne whether the command is about one stack */
export function acceptName(stack: string, { name }: Danger, isOne: boolean): string {
  return isOne || name === stack ? name : `${stack}/${name}`;
}
