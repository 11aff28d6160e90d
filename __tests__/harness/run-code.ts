import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { type ProcessOptions, type ProcessResult, runProcess } from "../../scripts/cli/process";

const ROOT = resolve(__dirname, "../..");

/**
 * Runs code in a process of its own. Code needs one if it exits, handles signals, or looks for programs on the PATH.
 * @param code TypeScript, with imports as in a file in `scripts/`. It is bundled first, because loading TypeScript in the process
 * would take longer than the test.
 */
export function runCode(code: string, { args = [], ...options }: ProcessOptions & { args?: string[] } = {}): Promise<ProcessResult> {
  const scripts = join(ROOT, "scripts");
  const { outputFiles } = buildSync({
    stdin: { contents: code, resolveDir: scripts, loader: "ts" },
    // Only scripts/local/emulator.ts uses it, to find the files beside it.
    define: { __dirname: JSON.stringify(join(scripts, "local")) },
    bundle: true,
    platform: "node",
    write: false,
    logLevel: "error",
  });
  return runProcess(process.execPath, ["-e", outputFiles[0]?.text ?? "", "--", ...args], options);
}
