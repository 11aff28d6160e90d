import { setMaxListeners } from "node:events";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { UserError } from "../../shared/errors";
import { explainAwsError } from "./aws-error";
import { explainFileError } from "./file-error";
import { printable } from "./printable";
import { SECOND_INTERRUPT } from "./process";

// The AWS SDK warns about Node.js 20. Between the lines of a command the warning only distracts: README.md says which versions work.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/** Options by name, in the form of `parseArgs`: `{ yes: { type: "boolean" } }`. */
type OptionDefinitions = NonNullable<ParseArgsConfig["options"]>;

/** Options by name, each with the type that its definition gives it. An option that is not given is undefined. */
type OptionValues<Definitions extends OptionDefinitions> = ReturnType<typeof parseArgs<{ options: Definitions }>>["values"];

/** npm passes Ctrl-C on, and the terminal sends it too. So one Ctrl-C arrives twice within milliseconds. */
const SAME_INTERRUPT_MS = 1000;

type NoOptions = Record<never, never>;
const NO_POSITIONALS = { min: 0, max: 0 };

/** The definition of a command. */
export interface Command<Definitions extends OptionDefinitions> {
  /** The text that `--help` prints. Its first line is the usage, which begins with the command: `npm run deploy -- <stack>…`. */
  help: string;
  /** @default only `--help` and `-h`, which every command has */
  options?: Definitions;
  /**
   * How many arguments the command takes, not counting options.
   * @default none
   */
  positionals?: { min: number; max: number };
}

/** The arguments that a command was given. */
export interface Given<Definitions extends OptionDefinitions> {
  /** The arguments that are not options, in order. */
  positionals: string[];
  options: OptionValues<Definitions>;
  /** Aborted by Ctrl-C, and by a terminal or a pipe that is closed. */
  signal: AbortSignal;
}

/**
 * Runs a command of `npm run`: parses its arguments, answers `--help`, passes Ctrl-C on, and turns errors into exit codes.
 * A `UserError` is printed without its stack, every other error with it.
 */
export async function runCommand<const Definitions extends OptionDefinitions = NoOptions>(
  command: Command<Definitions>,
  run: (given: Given<Definitions>) => Promise<void>,
): Promise<void> {
  const signal = interruptSignal();
  try {
    const { options, positionals } = parse(command);
    if (options.help) {
      process.stdout.write(`${command.help.trim()}\n`);
      return;
    }
    checkCount(command, positionals);
    await run({ positionals, options: options as OptionValues<Definitions>, signal });
  } catch (error) {
    exitAfter(error as Error, signal);
  }
}

/**
 * An AbortSignal that is aborted by Ctrl-C, when the terminal closes (SIGHUP), and when the reader of the output is gone (EPIPE). The
 * process itself goes on, so that the command can stop in good order: Terraform, for example, has to write its state.
 */
function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  // Each program that the command runs listens to the signal, and many run at once.
  setMaxListeners(0, interrupt.signal);
  let first = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (!interrupt.signal.aborted) {
        first = Date.now();
        process.stderr.write("\nStopping. Steps that have started finish first…\n");
        process.stderr.write("A second Ctrl-C stops them at once. Then Terraform can lose its state, and with it what it created.\n");
        interrupt.abort();
      } else if (name === "SIGINT" && Date.now() - first > SAME_INTERRUPT_MS) {
        interrupt.signal.dispatchEvent(new Event(SECOND_INTERRUPT));
      }
    });
  }
  for (const output of [process.stdout, process.stderr]) output.on("error", () => interrupt.abort());
  return interrupt.signal;
}

/** @throws UserError for an option that the command does not have */
function parse({ help, options }: Command<OptionDefinitions>) {
  try {
    const { values, positionals } = parseArgs({ options: { ...options, help: { type: "boolean", short: "h" } }, allowPositionals: true });
    return { options: values, positionals };
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n${usage(help)}`);
  }
}

/** @throws UserError when there are more or fewer arguments than the command takes */
function checkCount({ help, positionals: { min, max } = NO_POSITIONALS }: Command<OptionDefinitions>, given: string[]): void {
  if (given.length > max) {
    throw new UserError(`Unexpected argument "${given[max]}": expected ${max === 0 ? "none" : `at most ${max}`}.\n${usage(help)}`);
  }
  if (given.length < min) {
    throw new UserError(`Missing argument: expected at least ${min}, but got ${given.length}.\n${usage(help)}`);
  }
}

function usage(help: string): string {
  const [firstLine] = help.trim().split("\n");
  return `Usage: ${firstLine}\nFor more, add --help.`;
}

function exitAfter(error: Error, signal: AbortSignal): never {
  // A prompt of @inquirer handles Ctrl-C itself, and fails with this error.
  if (signal.aborted || error.name === "ExitPromptError") {
    process.stderr.write("Stopped. Run the command again to continue where it left off.\n");
    // The exit code that shells use for a program that Ctrl-C ended.
    process.exit(130);
  }
  const text = error instanceof UserError ? error.message : (explainFileError(error) ?? explainAwsError(error));
  process.stderr.write(`\n${printable(text ?? error.stack ?? String(error))}\n`);
  process.exit(1);
}
