import confirm from "@inquirer/confirm";
import { UserError } from "../../shared/errors";

/**
 * Checks that a command can ask before it changes anything. A command calls it before it does long work.
 * @throws UserError when there is no terminal
 */
export function requireTerminal(): void {
  if (process.stdin.isTTY) return;
  throw new UserError("This command asks before it changes anything, but there is no terminal to ask in. Pass --yes.");
}

/** Asks a question whose default answer is no. After a no, it says that nothing was changed. */
export async function isConfirmed(message: string, signal: AbortSignal): Promise<boolean> {
  const answer = await confirm({ message, default: false }, { signal });
  if (!answer) process.stdout.write("Nothing was changed.\n");
  return answer;
}
