import { chmodSync, cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runProcess } from "../scripts/cli/process";
import { temporaryFolder } from "./harness/temporary-folder";

/** What must not depend on a machine: its version of Node.js, how packages were installed, what its shell sets. */
const ROOT = join(__dirname, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Runs a file with `scripts/typescript.mjs`, as every command of `npm run` does. */
function run(text: string, { cwd = ROOT, env = {}, before = [] }: { cwd?: string; env?: NodeJS.ProcessEnv; before?: string[] } = {}) {
  const file = join(temporaryFolder({ "sample.ts": text }), "sample.ts");
  const args = [...before, "--import", join(cwd, "scripts/typescript.mjs"), file];
  return runProcess(process.execPath, args, { cwd, env: { ...process.env, NO_PROXY: undefined, no_proxy: undefined, ...env } });
}

test("an older Node.js is an error that names both versions, before anything else runs", async () => {
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.4'})";
  const { exitCode, stderr } = await run("export {};", { before: ["--import", older] });
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/^\nThis project needs Node\.js 20\.19 or later, but this is 18\.20\.4 \(.*\)\.\n$/),
  ]);
});

test("packages that are not installed are an error with the command that installs them", async () => {
  const cwd = temporaryFolder();
  for (const file of ["package.json", "scripts/typescript.mjs"]) cpSync(join(ROOT, file), join(cwd, file));
  const { exitCode, stderr } = await run("export {};", { cwd });
  expect([exitCode, stderr]).toEqual([1, "\nThe packages are not installed. Install them with: npm ci\n"]);
});

test.each([
  [{}, "127.0.0.1,localhost,[::1]"],
  [{ NO_PROXY: "intranet.example" }, "intranet.example,127.0.0.1,localhost,[::1]"],
  [{ no_proxy: "127.0.0.1" }, "127.0.0.1"],
])("a proxy of the shell (%j) does not get requests to this machine", async (variables, excluded) => {
  const env = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:9", ...variables };
  const { stdout } = await run("console.log(process.env.no_proxy, ...process.argv.slice(2))", { env });
  expect(stdout).toBe(`${excluded}\n`);
});

describe("the folder in which tsx keeps the code that it runs", () => {
  const uid = process.getuid?.();
  const disabled = "console.log(String(process.env.TSX_DISABLE_CACHE))";

  test("is created for this user only", async () => {
    const TMPDIR = temporaryFolder();
    expect((await run(disabled, { env: { TMPDIR } })).stdout).toBe("undefined\n");
    expect(statSync(join(TMPDIR, `tsx-${uid}`)).mode & 0o777).toBe(0o700);
  });

  test("is not used if other users can write to it", async () => {
    const TMPDIR = temporaryFolder();
    mkdirSync(join(TMPDIR, `tsx-${uid}`));
    chmodSync(join(TMPDIR, `tsx-${uid}`), 0o777);
    expect((await run(disabled, { env: { TMPDIR } })).stdout).toBe("1\n");
  });
});

test.each(["jest.config.js", "jest.system.config.js", "jest.faults.config.js"])(
  "with %s, tests see none of the shell's settings for AWS, Terraform, git, colours, logs and Node.js",
  async (config) => {
    const hostile = {
      AWS_PROFILE: "x",
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9",
      TF_PLUGIN_CACHE_DIR: "/nowhere",
      TF_CLI_ARGS: "-x",
      GIT_DIR: "/nowhere",
      GIT_INDEX_FILE: "/nowhere",
      FORCE_COLOR: "1",
      NODE_OPTIONS: "--no-warnings",
      LOG_LEVEL: "ERROR",
      POWERTOOLS_DEV: "true",
      CDKTF_OUTDIR: "/nowhere",
      LOCAL_AWS: "true",
    };
    const names = JSON.stringify(Object.keys(hostile));
    const code = `require(${JSON.stringify(join(ROOT, config))}); console.log(${names}.filter((name) => process.env[name] !== undefined))`;
    const { stdout } = await runProcess(process.execPath, ["-e", code], { env: { ...process.env, ...hostile } });
    expect(stdout).toBe("[]\n");
  },
);

test("all packages are installed whatever NODE_ENV and npm's --omit say", () => {
  expect(read(".npmrc")).toMatch(/^include\[\]=dev$/m);
  expect(read(".npmrc")).toMatch(/^include\[\]=optional$/m);
});

test("the lock file has no field that the npm of Node.js 22 removes", () => {
  expect(read("package-lock.json")).not.toMatch(/"libc":/);
});

test("git checks out Unix line ends on every machine", () => {
  expect(read(".gitattributes")).toMatch(/^\* text=auto eol=lf$/m);
});

test.each(["C#", "what?", "a:b", "node_modules/project"])("a clone in the folder %j is an error that says to move it", async (folder) => {
  const cwd = join(temporaryFolder(), folder);
  for (const file of ["package.json", "scripts/typescript.mjs"]) cpSync(join(ROOT, file), join(cwd, file));
  const { exitCode, stderr } = await runProcess(process.execPath, ["scripts/typescript.mjs"], { cwd });
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^\nThe folder of this clone is .*Move the clone\.\n$/)]);
});

test("npm test and npm run lint say first what is missing on the machine", () => {
  const { scripts } = JSON.parse(read("package.json"));
  expect([scripts.pretest, scripts.prelint]).toEqual(["node scripts/typescript.mjs", "node scripts/typescript.mjs"]);
});

test("jest finds its tests in a folder whose name has characters of a glob pattern", async () => {
  const cwd = join(temporaryFolder(), "a [b] (c) {d} *");
  cpSync(join(ROOT, "jest.config.js"), join(cwd, "jest.config.js"));
  symlinkSync(join(ROOT, "node_modules"), join(cwd, "node_modules"));
  cpSync(join(ROOT, "__tests__/harness/results-reporter.js"), join(cwd, "__tests__/harness/results-reporter.js"));
  cpSync(__filename, join(cwd, "__tests__/one.test.ts"));
  const jest = join(ROOT, "node_modules/jest/bin/jest.js");
  const { stdout } = await runProcess(process.execPath, [jest, "--listTests", "--rootDir", cwd], { cwd });
  expect(stdout).toBe(`${join(cwd, "__tests__/one.test.ts")}\n`);
});
