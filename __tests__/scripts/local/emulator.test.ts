import { existsSync } from "node:fs";
import { join } from "node:path";
import { fakeProgram, pathWith } from "../../harness/fake-program";
import { freePort, takePort } from "../../harness/ports";
import { runCode } from "../../harness/run-code";
import { temporaryFolder } from "../../harness/temporary-folder";

/** A MiniStack that runs on the address and port that it is told, and prints what else it is told. */
const MINISTACK = `const { BIND_HOST, GATEWAY_PORT, ...others } = process.env;
console.log(JSON.stringify(others));
require("node:http").createServer().listen(GATEWAY_PORT, BIND_HOST, () => console.log("Running on http://" + BIND_HOST + ":" + GATEWAY_PORT));`;

const RUNS = `exec '${process.execPath}' -e '${MINISTACK}'`;

/** A Python that says its version, makes a virtual environment with itself in it, and runs this MiniStack. */
function python(version: string, ministack = RUNS): string {
  const { folder } = fakeProgram(
    "python3",
    `case "$*" in
  *version_info*) echo ${version} ;;
  "-m venv --clear "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  *"pip install"*) echo installed >> pip.log ;;
  *emulator.py) ${ministack} ;;
esac`,
  );
  return folder;
}

/** Starts the local AWS in this project's folder, tells about it, and stops it. */
function start(path: string, options: { port?: number } = {}, cwd = temporaryFolder()) {
  const given = { account: "111111111111", region: "eu-west-1", log: "emulator.log", ...options };
  const code = `
    import { readFileSync } from "node:fs";
    import { isRunning, startEmulator, stopEmulator } from "./local/emulator";
    void (async () => {
      const { endpoint, pid } = await startEmulator({ ...${JSON.stringify(given)}, signal: new AbortController().signal });
      console.log(JSON.stringify({ endpoint, ran: isRunning(pid) }));
      await stopEmulator(pid);
      console.log(JSON.stringify({ runsOn: isRunning(pid) }));
      console.log(readFileSync("emulator.log", "utf8"));
    })().catch(({ name, message }) => { console.error(name + ": " + message); process.exitCode = 1; });`;
  return runCode(code, { cwd, env: { ...process.env, PATH: path, AWS_SESSION_TOKEN: "secret-of-the-shell" } });
}

test("without Python there is no local AWS, and the error says which Python, and how to do without", async () => {
  const broken = [fakeProgram("python3", "exit 127").folder, fakeProgram("python", "exit 127").folder];
  const { exitCode, stderr } = await start(pathWith(...broken));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/UserError: .*Python 3\.10.*--endpoint/s);
});

test("a Python that is too old is refused with its version", async () => {
  const python2 = fakeProgram("python", "echo 2.7").folder;
  const { exitCode, stderr } = await start(pathWith(python("3.9"), python2));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/python3 is 3\.9.*python is 2\.7/);
});

describe("a local AWS", () => {
  test("starts on the port that is asked for, sees nothing of the shell's secrets, and stops", async () => {
    const port = await freePort();
    const { stdout, stderr } = await start(pathWith(python("3.12")), { port });
    expect(stderr).toBe("");
    expect(stdout).toContain(JSON.stringify({ endpoint: `http://127.0.0.1:${port}`, ran: true }));
    expect(stdout).toContain('{"runsOn":false}');
    expect(stdout).toContain('"MINISTACK_ACCOUNT_ID":"111111111111"');
    expect(stdout).not.toContain("secret-of-the-shell");
  });

  test("is not started where another program has the port that is asked for, and the error names it", async () => {
    const { port, release } = await takePort();
    const { exitCode, stderr } = await start(pathWith(python("3.12")), { port });
    await release();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`UserError: .*${port} is taken.*--port`));
  });

  test("finds a free port where none is asked for and the usual one is taken", async () => {
    const { release } = await takePort(4566);
    const { stdout } = await start(pathWith(python("3.12")));
    await release();
    const { endpoint, ran } = JSON.parse(stdout.split("\n").find((line) => line.includes("endpoint")) ?? "{}");
    expect(ran).toBe(true);
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(endpoint).not.toMatch(/:4566$/);
  });

  test("takes another port where somebody took the one that was found, in the moment before it started", async () => {
    const once = `if [ -e tried ]; then ${RUNS}; else touch tried; echo "ERROR: 127.0.0.1:$GATEWAY_PORT is already in use"; exit 1; fi`;
    const { stdout, stderr } = await start(pathWith(python("3.12", once)));
    expect(stderr).toBe("");
    expect(stdout).toContain('"ran":true');
  });

  test("that ends at once is an error with what it printed", async () => {
    const { exitCode, stderr } = await start(pathWith(python("3.12", "echo 'no module named ministack'; exit 1")));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/UserError: .*no module named ministack/s);
  });

  test("is installed once", async () => {
    const project = temporaryFolder();
    const path = pathWith(python("3.12", "exit 1"));
    await start(path, {}, project);
    const { stdout } = await start(path, {}, project);
    expect(stdout).not.toMatch(/install/i);
    expect(existsSync(join(project, ".build/emulator/installed.txt"))).toBe(true);
  });
});
