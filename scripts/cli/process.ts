import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ProcessResult {
  /** Undefined when it could not be started or a signal ended it. */
  exitCode?: number;
  stdout: string;
  stderr: string;
}

export interface ProcessOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Gets every line of the standard output as it comes. */
  onLine?: (line: string) => void;
  /** Sends SIGINT when aborted, and waits for the end all the same. */
  signal?: AbortSignal;
}

/**
 * Runs a program to its end, whatever its exit code. It is in a process group of its own, so that
 * Ctrl-C reaches it once, through `signal`: the terminal would send it a second time, and at the
 * second, Terraform gives up without writing its state.
 */
export function runProcess(program: string, args: string[], { cwd, env, onLine, signal }: ProcessOptions = {}): Promise<ProcessResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const result: ProcessResult = { stdout: "", stderr: "" };
    const interrupt = () => child.kill("SIGINT");
    signal?.addEventListener("abort", interrupt);

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
      resolve({ ...result, exitCode: exitCode ?? undefined });
    });
  });
}
