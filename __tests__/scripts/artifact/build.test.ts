import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ProcessOptions } from "../../../scripts/cli/process";
import { filesOf } from "../../harness/clone";
import { eventually } from "../../harness/eventually";
import { fakeProgram } from "../../harness/fake-program";
import { runCode } from "../../harness/run-code";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

// Each test starts programs, which takes long on a busy machine.
jest.setTimeout(60_000);

const NODE_MODULES = resolve(__dirname, "../../../node_modules");
/** A `main.ts` that writes the files in `made` as the artifact. */
const SYNTH = 'require("node:fs").cpSync("made", process.env.CDKTF_OUTDIR, { recursive: true });';
const OLD = artifactFiles([stackOf("shared-int")]);
const NEW = artifactFiles([stackOf("shared-int"), stackOf("orders-int")]);

interface Sample {
  /** The compiler, as a shell script. */
  tsc?: string;
  /** The text of `main.ts`. */
  main?: string;
}

/** A project with the old artifact, in which synth writes the new one. */
function project({ tsc = "", main = SYNTH }: Sample = {}): string {
  const folder = temporaryFolder({ "main.ts": main });
  writeFiles(join(folder, "made"), NEW);
  writeFiles(join(folder, "cdktf.out"), OLD);
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(NODE_MODULES, "tsx"), join(folder, "node_modules/tsx"));
  symlinkSync(fakeProgram("tsc", tsc).file, join(folder, "node_modules/.bin/tsc"));
  return folder;
}

const synth = (cwd: string, options: ProcessOptions = {}) => runCode('import "./commands/synth";', { cwd, ...options });
const artifactOf = (folder: string) => filesOf(join(folder, "cdktf.out"));

const TYPE_ERROR = "echo \"main.ts(1,1): error TS2322: Type 'string' is not assignable to type 'number'.\"; exit 2";
const SYNTH_ERROR = 'process.stderr.write("orders-int/placed: visibilityTimeout is 10 s\\n"); process.exit(1);';

describe("npm run synth", () => {
  test("replaces the artifact, and prints its stacks", async () => {
    const folder = project();
    const { exitCode, stdout } = await synth(folder);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/cdktf\.out\/stacks\/orders-int/);
    expect(artifactOf(folder)).toEqual(NEW);
  });

  test("checks the types while it synthesizes", async () => {
    // Each waits for the other to start.
    const tsc = 'touch tsc-runs; for i in $(seq 100); do [ -e main-runs ] && exit 0; sleep 0.1; done; echo "main.ts did not start"; exit 1';
    const main = `${SYNTH}
      const { existsSync, writeFileSync } = require("node:fs");
      writeFileSync("main-runs", "");
      const end = Date.now() + 10_000;
      while (!existsSync("tsc-runs")) if (Date.now() > end) throw new Error("the type check did not start");`;
    expect(await synth(project({ tsc, main }))).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test.each<[string, Sample, RegExp, RegExp]>([
    ["the type check fails", { tsc: TYPE_ERROR }, /type check failed.*TS2322/s, /Synth failed/],
    ["synth fails", { main: SYNTH_ERROR }, /Synth failed.*visibilityTimeout is 10 s/s, /type check failed/],
    // Synth may have written files before it failed.
    ["synth fails at its end", { main: SYNTH + SYNTH_ERROR }, /Synth failed.*visibilityTimeout/s, /type check failed/],
    ["both fail", { tsc: TYPE_ERROR, main: SYNTH_ERROR }, /TS2322.*visibilityTimeout is 10 s/s, /^ +at /m],
  ])("leaves the artifact as it is when %s, and prints the errors", async (_, sample, shown, notShown) => {
    const folder = project(sample);
    const { exitCode, stdout, stderr } = await synth(folder);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(shown);
    expect(stderr).toContain("cdktf.out was not changed.");
    expect(stderr).not.toMatch(notShown);
    expect(artifactOf(folder)).toEqual(OLD);
  });

  test("leaves the artifact as it is when Ctrl-C interrupts it", async () => {
    const folder = project({ tsc: "touch tsc-runs; sleep 1" });
    const interrupt = new AbortController();
    const ended = synth(folder, { signal: interrupt.signal });
    await eventually("type check", () => existsSync(join(folder, "tsc-runs")));
    interrupt.abort();
    expect((await ended).exitCode).toBe(130);
    expect(artifactOf(folder)).toEqual(OLD);
  });

  test("can run twice at the same time", async () => {
    const folder = project();
    const results = await Promise.all([synth(folder), synth(folder)]);
    expect(results.map(({ exitCode, stderr }) => `${exitCode}${stderr}`)).toEqual(["0", "0"]);
    expect(artifactOf(folder)).toEqual(NEW);
  });

  test.each<[string, Sample]>([
    ["succeeds", {}],
    ["fails", { tsc: TYPE_ERROR }],
  ])("leaves no temporary files behind when it %s", async (_, sample) => {
    const folder = project(sample);
    await synth(folder);
    expect(readdirSync(join(folder, ".build"))).toEqual([]);
  });
});
