/**
 * An error that the person at the keyboard can mend: its message says where, what, why and how.
 * It is shown without a stack trace.
 */
export class UserError extends Error {
  override name = "UserError";
}

/** Runs `action`; prints a {@link UserError} as plain text and leaves with exit code 1. Other errors are bugs and keep their trace. */
export async function exitOnError(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}
