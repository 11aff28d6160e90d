import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fakeProgram, pathWith } from "../../harness/fake-program";
import { freePort, takePort } from "../../harness/ports";
import { runCode } from "../../harness/run-code";
import { temporaryFolder } from "../../harness/temporary-folder";

/** In place of MiniStack: prints its environment variables, and listens on the address and port that they name. */
const MINISTACK = `const { BIND_HOST, GATEWAY_PORT, ...others } = process.env;
console.log(JSON.stringify(others));
require("node:http").createServer().listen(GATEWAY_PORT, BIND_HOST, () => console.log("Running on http://" + BIND_HOST + ":" + GATEWAY_PORT));`;

const RUNS = `exec '${process.execPath}' -e '${MINISTACK}'`;

/**
 * A folder with a program in place of Python. It prints the version, copies itself into a virtual environment, and runs the
 * script in place of MiniStack.
 */
function python(version: string, ministack = RUNS): string {
  const { folder } = fakeProgram(
    "python3",
    `case "$*" in
  *version_info*) echo ${version} ;;
  "-m venv --clear "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  *"pip install"*) echo installed >> pip.log ;;
  *emulator/main.py) ${ministack} ;;
esac`,
  );
  return folder;
}

/**
 * Starts the local AWS in the folder of a project, then stops it. Prints whether it was running before and after the stop,
 * and its log.
 */
function start(path: string, options: { port?: number } = {}, cwd = temporaryFolder(), variables: NodeJS.ProcessEnv = {}) {
  const given = { account: "111111111111", region: "eu-west-1", log: "emulator.log", ...options };
  const code = `
    import { readFileSync } from "node:fs";
    import { isRunning } from "./cli/process";
    import { startEmulator, stopEmulator } from "./local/emulator";
    void (async () => {
      const { endpoint, pid } = await startEmulator({ ...${JSON.stringify(given)}, signal: new AbortController().signal });
      console.log(JSON.stringify({ endpoint, wasRunning: isRunning(pid) }));
      await stopEmulator(pid);
      console.log(JSON.stringify({ isStillRunning: isRunning(pid) }));
      console.log(readFileSync("emulator.log", "utf8"));
    })().catch(({ name, message }) => { console.error(name + ": " + message); process.exitCode = 1; });`;
  return runCode(code, { cwd, env: { ...process.env, PATH: path, AWS_SESSION_TOKEN: "secret-of-the-shell", ...variables } });
}

test("a missing Python is an error that names the required version and the option that needs no Python", async () => {
  const broken = [fakeProgram("python3", "exit 127").folder, fakeProgram("python", "exit 127").folder];
  const { exitCode, stderr } = await start(pathWith(...broken));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/UserError: .*Python 3\.10.*--endpoint/s);
});

test("a Python that is too old is an error that names its version", async () => {
  const python2 = fakeProgram("python", "echo 2.7").folder;
  const { exitCode, stderr } = await start(pathWith(python("3.9"), python2));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/python3 is 3\.9.*python is 2\.7/);
});

describe("the local AWS", () => {
  test("starts on the requested port, does not see the shell's credentials, and stops", async () => {
    const port = await freePort();
    const { stdout, stderr } = await start(pathWith(python("3.12")), { port });
    expect(stderr).toBe("");
    expect(stdout).toContain(JSON.stringify({ endpoint: `http://127.0.0.1:${port}`, wasRunning: true }));
    expect(stdout).toContain('{"isStillRunning":false}');
    expect(stdout).toContain('"MINISTACK_ACCOUNT_ID":"111111111111"');
    expect(stdout).not.toContain("secret-of-the-shell");
  });

  test("does not start on a port that is in use, and the error names the port", async () => {
    const { port, release } = await takePort();
    const { exitCode, stderr } = await start(pathWith(python("3.12")), { port });
    await release();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`UserError: Port ${port} is in use.*--port`));
  });

  test("starts on a free port when no port is requested and the default port is in use", async () => {
    const { release } = await takePort(4566);
    const { stdout } = await start(pathWith(python("3.12")));
    await release();
    const { endpoint, wasRunning } = JSON.parse(stdout.split("\n").find((line) => line.includes("endpoint")) ?? "{}");
    expect(wasRunning).toBe(true);
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(endpoint).not.toMatch(/:4566$/);
  });

  test("starts on another port when a program takes the free port just before the start", async () => {
    const once = `if [ -e tried ]; then ${RUNS}; else touch tried; echo "ERROR: 127.0.0.1:$GATEWAY_PORT is already in use"; exit 1; fi`;
    const { stdout, stderr } = await start(pathWith(python("3.12", once)));
    expect(stderr).toBe("");
    expect(stdout).toContain('"wasRunning":true');
  });

  test("is an error with the end of its log when it ends at once", async () => {
    const { exitCode, stderr } = await start(pathWith(python("3.12", "echo 'no module named ministack'; exit 1")));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/UserError: .*no module named ministack/s);
  });

  test("is installed only once", async () => {
    const project = temporaryFolder();
    const path = pathWith(python("3.12", "exit 1"));
    await start(path, {}, project);
    const { stdout } = await start(path, {}, project);
    expect(stdout).not.toMatch(/install/i);
    expect(existsSync(join(project, ".build/emulator/installed.txt"))).toBe(true);
  });

  test("is installed again if the Python of its virtual environment no longer works, as after an upgrade under the same path", async () => {
    const project = temporaryFolder();
    const path = pathWith(python("3.12", "exit 1"));
    await start(path, {}, project);
    writeFileSync(join(project, ".build/emulator/bin/python"), "#!/bin/sh\nexit 127\n");
    expect((await start(path, {}, project)).stdout).toMatch(/Installing the local AWS/);
  });

  test("is installed with none of the shell's settings that make pip or Python look elsewhere", async () => {
    const project = temporaryFolder();
    const seen = "env | grep -E '^(PIP_(USER|TARGET|PREFIX|INDEX_URL)|PYTHON)' | sort > pip-environment.txt";
    const { folder } = fakeProgram(
      "python3",
      `case "$*" in
  *version_info*) echo 3.12 ;;
  "-m venv --clear "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  *"pip install"*) ${seen} ;;
  *) exit 1 ;;
esac`,
    );
    const hostile = {
      PIP_USER: "1",
      PIP_TARGET: "/x",
      PIP_PREFIX: "/x",
      PYTHONHOME: "/x",
      PYTHONPATH: "/x",
      PIP_INDEX_URL: "https://index.example",
    };
    await start(pathWith(folder), {}, project, hostile);
    expect(readFileSync(join(project, "pip-environment.txt"), "utf8")).toBe("PIP_INDEX_URL=https://index.example\nPIP_USER=0\n");
  });
});
