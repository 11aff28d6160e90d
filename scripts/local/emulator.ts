import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../shared/errors";
import { commandLineOf, isRunning, runProcess } from "../cli/process";

export const PROGRAM = join(__dirname, "emulator/main.py");
const REQUIREMENTS = join(__dirname, "emulator/requirements.txt");
/** MiniStack's minimum. */
const MINIMUM_PYTHON = "3.10";
/** The port that local AWS emulators listen on by convention. */
const DEFAULT_PORT = 4566;
/** Asks the operating system for a free port. */
const ANY_PORT = 0;
const START_TIMEOUT_SECONDS = 60;
/** How long the emulator may take to end after each signal. */
const STOP_TIMEOUT_SECONDS = 5;
const POLL_INTERVAL_MS = 100;
const OTHER_EMULATOR = "use an emulator that is already running: npm run local -- --endpoint URL";

/** A local AWS that this project started. */
export interface Emulator {
  endpoint: string;
  pid: number;
  /** The secret access key of the root user of every account. Only the user who started the local AWS knows it. */
  secretAccessKey: string;
}

export interface EmulatorOptions {
  /**
   * The port to listen on, and no other.
   * @default 4566, or any free port when 4566 is in use
   */
  port?: number;
  /** The account of requests that name no account, such as a plain curl. */
  account: string;
  region: string;
  /** Path of the file that receives the emulator's output. */
  log: string;
  signal: AbortSignal;
}

/**
 * Starts MiniStack on the loopback interface. It keeps running when the command ends, until {@link stopEmulator} stops it.
 * @throws UserError when Python is missing or too old, when the port is in use, or when MiniStack does not start
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { log, signal } = options;
  const python = await virtualEnvironment(signal);
  const port = await choosePort(options.port);
  const endpoint = `http://127.0.0.1:${port}`;
  const secretAccessKey = randomBytes(30).toString("base64url");
  const child = await launch(python, port, secretAccessKey, options);
  const emulator: Emulator = { endpoint, pid: child.pid as number, secretAccessKey };

  // Only the log proves that this emulator listens. A request could reach another server, which took the port at the same moment.
  const isReady = () => existsSync(log) && readFileSync(log, "utf8").includes(`Running on ${endpoint}`);
  const hasFailed = () => signal.aborted || child.exitCode !== null || child.signalCode !== null;
  await waitUntil(() => isReady() || hasFailed(), START_TIMEOUT_SECONDS);
  if (isReady() && !hasFailed()) return emulator;

  await stopEmulator(emulator.pid);
  signal.throwIfAborted();
  const output = existsSync(log) ? readFileSync(log, "utf8") : "";
  // Another program took the port after choosePort found it free.
  const hasLostPort = output.includes("already in use");
  if (hasLostPort && options.port === undefined) return startEmulator({ ...options, port: await freePort() });
  throw new UserError(`The local AWS did not start. The end of its log (${log}):\n${output.slice(-2000)}`);
}

async function launch(
  python: string,
  port: number,
  secretAccessKey: string,
  { account, region, log }: EmulatorOptions,
): Promise<ChildProcess> {
  const output = openSync(log, "w");
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  const child = spawn(python, ["-B", PROGRAM], {
    detached: true,
    stdio: ["ignore", output, output],
    // The lambdas that the emulator runs see these variables. They must not see the shell's own, such as its credentials.
    env: {
      PATH,
      HOME,
      TMPDIR,
      LANG,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      // IAM is enforced: identity policies, permissions boundaries, resource policies and signatures.
      AUTH: "true",
      BIND_HOST: "127.0.0.1",
      // Every decision of authorization, one JSON line each.
      DECISIONS: join(dirname(resolve(log)), "decisions.jsonl"),
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: account,
      MINISTACK_REGION: region,
      ROOT_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  await once(child, "spawn");
  child.unref();
  return child;
}

/** Stops the emulator and the lambdas that it runs, and waits until the emulator has ended. */
export async function stopEmulator(pid: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!isRunning(pid)) break;
    sendToGroup(pid, signal);
    await waitUntil(() => !isRunning(pid), STOP_TIMEOUT_SECONDS);
  }
  // Lambdas that are still running are in the emulator's process group.
  sendToGroup(pid, "SIGKILL");
}

function sendToGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty.
  }
}

/**
 * Whether a local AWS that this project started is running with this process id. After a reboot, for example, the recorded id can
 * belong to any other program.
 */
export async function isEmulator(pid: number): Promise<boolean> {
  // The whole path: another clone has a local AWS of its own.
  return (await commandLineOf(pid)).includes(resolve("scripts/local/emulator/main.py"));
}

/** The Python of a virtual environment with MiniStack, which is created once for each version in requirements.txt. */
export async function virtualEnvironment(signal: AbortSignal): Promise<string> {
  const requirements = readFileSync(REQUIREMENTS, "utf8");
  const folder = resolve(".build/emulator");
  const python = join(folder, "bin/python");
  const installed = join(folder, "installed.txt");
  const isComplete = existsSync(installed) && readFileSync(installed, "utf8") === requirements && (await works(python));
  if (isComplete) return python;

  process.stdout.write("Installing the local AWS (MiniStack) into a Python virtual environment…\n");
  const systemPython = await findPython();
  const env = environmentOfPython();
  const venv = await runProcess(systemPython, ["-m", "venv", "--clear", folder], { env, signal });
  signal.throwIfAborted();
  if (venv.exitCode !== 0)
    throw new UserError(
      `Python cannot create a virtual environment. On Debian and Ubuntu, install the package python3-venv. Or ${OTHER_EMULATOR}\n${venv.stdout}${venv.stderr}`,
    );
  const pip = await runProcess(
    python,
    ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", REQUIREMENTS],
    { env, signal },
  );
  signal.throwIfAborted();
  if (pip.exitCode !== 0)
    throw new UserError(`pip cannot install MiniStack. Check that this machine can reach its Python package index.\n${pip.stderr}`);
  if (!(await works(python)))
    throw new UserError(
      "pip installed MiniStack outside of the virtual environment, because its configuration file sets target, prefix or root. Remove that setting: python3 -m pip config list",
    );
  writeFileSync(installed, requirements);
  return python;
}

/** Whether the Python of the virtual environment runs with its packages. It does not if its interpreter was replaced by another version. */
async function works(python: string): Promise<boolean> {
  return (await runProcess(python, ["-c", "import ministack"], { env: environmentOfPython() })).exitCode === 0;
}

/**
 * The variables for Python and pip. Those of the shell that change where Python looks for packages, or where pip installs them, do
 * not apply to a virtual environment. Those that say from where pip downloads do.
 */
function environmentOfPython(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of Object.keys(env)) if (/^PYTHON|^PIP_(USER|TARGET|PREFIX|ROOT|REQUIRE_VIRTUALENV)$/.test(name)) delete env[name];
  // It also overrides pip's configuration file.
  return { ...env, PIP_USER: "0", PIP_DRY_RUN: "0" };
}

/** @throws UserError when there is no Python on the PATH, or only older ones */
async function findPython(): Promise<string> {
  const tooOld: string[] = [];
  for (const program of ["python3", "python"]) {
    const ask = "import sys; print('%d.%d' % sys.version_info[:2])";
    const { exitCode, stdout } = await runProcess(program, ["-c", ask], { env: environmentOfPython() });
    if (exitCode !== 0) continue;
    const version = stdout.trim();
    if (version.localeCompare(MINIMUM_PYTHON, "en", { numeric: true }) >= 0) return program;
    tooOld.push(`${program} is ${version}`);
  }
  const found = tooOld.length > 0 ? tooOld.join(", ") : "no Python was found on the PATH";
  throw new UserError(
    `The local AWS needs Python ${MINIMUM_PYTHON} or later, but ${found}. Install Python from https://www.python.org/downloads/, or ${OTHER_EMULATOR}`,
  );
}

async function choosePort(requested: number | undefined): Promise<number> {
  if (requested === undefined) return (await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : freePort();
  if (await isFree(requested)) return requested;
  throw new UserError(
    `Port ${requested} is in use on 127.0.0.1. Choose another port with --port, or leave out --port: then a free port is used.`,
  );
}

async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

async function freePort(): Promise<number> {
  const port = await listenOnce(ANY_PORT);
  if (port === undefined)
    throw new UserError("No port is free on 127.0.0.1. Stop some programs that listen on ports, then run npm run local again.");
  return port;
}

/** Listens on a port for a moment. @returns the port, or undefined when it is in use */
function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolvePort) => {
    const server = createServer();
    server.once("error", () => resolvePort(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address() as AddressInfo;
      server.close(() => resolvePort(address.port));
    });
  });
}

/** Waits until the condition is true, at most this long. */
async function waitUntil(condition: () => boolean, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!condition() && Date.now() < deadline) await sleep(POLL_INTERVAL_MS);
}
