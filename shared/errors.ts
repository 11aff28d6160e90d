/**
 * An error that the user can fix. Its message says where the problem is, what is wrong, which rule applies and how to fix it.
 * The message is printed without a stack trace.
 */
export class UserError extends Error {
  override name = "UserError";
}

/**
 * Runs `action`. A {@link UserError} is printed as plain text, and the process ends with exit code 1.
 * Every other error is a bug in this project and keeps its stack trace.
 */
export async function exitOnError(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}
