import { setMaxListeners } from "node:events";
import { parseArgs } from "node:util";
import { UserError } from "../../shared/errors";

// The SDK's warning about Node 20 would stand between the lines that matter; README.md says which Node to have.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

interface Options {
  [name: string]: { type: "string" | "boolean"; short?: string };
}

/** What a command was given. */
export interface Arguments {
  names: string[];
  options: Record<string, string | boolean | undefined>;
  /** Aborted by Ctrl-C; what runs then stops in good order. */
  signal: AbortSignal;
}

/** Runs one of the commands behind `npm run`: parses its arguments, answers `--help`, and turns errors into exit codes. */
export async function runCommand(help: string, options: Options, action: (given: Arguments) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  // Each program that runs listens to it, and there may be many at once.
  setMaxListeners(0, interrupt.signal);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (!interrupt.signal.aborted) process.stderr.write("\nStopping; what has begun is finished first…\n");
      interrupt.abort();
    });
  }
  try {
    const { values, positionals } = parse(help, options);
    if (values.help) process.stdout.write(`${help.trim()}\n`);
    else await action({ names: positionals, options: values as Arguments["options"], signal: interrupt.signal });
  } catch (error) {
    if (interrupt.signal.aborted || (error as Error).name === "ExitPromptError") {
      process.stderr.write("Stopped. Run the same again: it goes on from what is there.\n");
      process.exit(130); // as shells say of what Ctrl-C ended
    }
    process.stderr.write(error instanceof UserError ? `\n${error.message}\n` : `${(error as Error).stack}\n`);
    process.exit(1);
  }
}

/** A command takes names if its usage, the first line of its help, has some. */
function parse(help: string, options: Options) {
  try {
    const all = { ...options, help: { type: "boolean", short: "h" } } as const;
    return parseArgs({ options: all, allowPositionals: /^.*-- </.test(help.trim()) });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\nSee --help.`);
  }
}
