import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { type ProcessOptions, type ProcessResult, runProcess } from "../../scripts/cli/process";

const ROOT = resolve(__dirname, "../..");

/**
 * Runs code in a process of its own: for what ends the process, gets signals, or looks for programs on the PATH.
 * @param code TypeScript, as of a file in `scripts/`. It is bundled first: a loader would cost each process more than the test does.
 */
export function runCode(code: string, { args = [], ...options }: ProcessOptions & { args?: string[] } = {}): Promise<ProcessResult> {
  const scripts = join(ROOT, "scripts");
  const { outputFiles } = buildSync({
    stdin: { contents: code, resolveDir: scripts, loader: "ts" },
    // Only scripts/local/emulator.ts reads it, to find what lies beside it.
    define: { __dirname: JSON.stringify(join(scripts, "local")) },
    bundle: true,
    platform: "node",
    write: false,
    logLevel: "error",
  });
  return runProcess(process.execPath, ["-e", outputFiles[0]?.text ?? "", "--", ...args], options);
}
