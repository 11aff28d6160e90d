import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface ProcessResult {
  /** Undefined when the program could not be started, or when a signal ended it. */
  exitCode?: number;
  stdout: string;
  stderr: string;
}

/** The event of an aborted signal at a second Ctrl-C. */
export const SECOND_INTERRUPT = "second-interrupt";

export interface ProcessOptions {
  cwd?: string;
  /** @default the variables of this process */
  env?: NodeJS.ProcessEnv;
  /** Called with each line of the standard output as soon as it is printed. */
  onLine?: (line: string) => void;
  /** When aborted, the program gets SIGINT, and another one at {@link SECOND_INTERRUPT}. Its end is awaited all the same. */
  signal?: AbortSignal;
}

/**
 * Runs a program and waits for its end. An exit code other than 0 is not an error here.
 *
 * The program has a process group of its own, so that Ctrl-C reaches it only once, through `signal`. In the group of this
 * process it would get a second SIGINT from the terminal, and at the second one Terraform exits without writing its state.
 */
export function runProcess(program: string, args: string[], { cwd, env, onLine, signal }: ProcessOptions = {}): Promise<ProcessResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const result: ProcessResult = { stdout: "", stderr: "" };
    const interrupt = () => child.kill("SIGINT");
    signal?.addEventListener("abort", interrupt);
    signal?.addEventListener(SECOND_INTERRUPT, interrupt);

    createInterface({ input: child.stdout }).on("line", (line) => {
      result.stdout += `${line}\n`;
      onLine?.(line);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      result.stderr += text;
    });
    child.on("error", (error) => {
      result.stderr += error.message;
    });
    child.on("close", (exitCode) => {
      signal?.removeEventListener("abort", interrupt);
      signal?.removeEventListener(SECOND_INTERRUPT, interrupt);
      resolve({ ...result, exitCode: exitCode ?? undefined });
    });
  });
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The command line of a process, or an empty text if there is no process with this id. */
export async function commandLineOf(pid: number): Promise<string> {
  if (!isRunning(pid)) return "";
  // A minimal Linux has no ps, and macOS has no /proc.
  const file = `/proc/${pid}/cmdline`;
  if (existsSync(file)) return readFileSync(file, "utf8").replaceAll("\0", " ");
  return (await runProcess("ps", ["-o", "command=", "-p", String(pid)])).stdout;
}
