import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../shared/errors";
import { runProcess } from "../cli/process";

const REQUIREMENTS = join(__dirname, "requirements.txt");
const OLDEST_PYTHON = "3.10";
const USUAL_PORT = 4566;
const START_SECONDS = 60;

/** A local AWS that this project started. */
export interface Emulator {
  endpoint: string;
  pid: number;
}

export interface EmulatorOptions {
  /** Taken as it is; left out, the usual one, or a free one where that is taken. */
  port?: number;
  /** Where a request that names no account goes: a plain curl. */
  account: string;
  region: string;
  /** The file that gets all it prints. */
  log: string;
  signal: AbortSignal;
}

/**
 * Starts MiniStack on the loopback interface. It outlives the command; {@link stopEmulator} ends it.
 * @throws UserError when there is no Python, the port is taken, or it does not start
 */
export async function startEmulator({ port, account, region, log, signal }: EmulatorOptions): Promise<Emulator> {
  const python = await virtualEnvironment(signal);
  const chosen = await choosePort(port);
  const output = openSync(log, "w");
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  const child = spawn(python, [join(__dirname, "emulator.py")], {
    detached: true,
    stdio: ["ignore", output, output],
    // Nothing else of this shell's environment, for lambdas would see it: credentials, say.
    env: {
      PATH,
      HOME,
      TMPDIR,
      LANG,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(chosen),
      MINISTACK_ACCOUNT_ID: account,
      MINISTACK_REGION: region,
    },
  });
  child.unref();
  const emulator = { endpoint: `http://127.0.0.1:${chosen}`, pid: child.pid ?? 0 };
  for (let waited = 0; waited < START_SECONDS * 10; waited += 1) {
    if (signal.aborted || child.exitCode !== null) break;
    // Not by asking it: another server, that took the port at the same moment, would answer.
    if (readFileSync(log, "utf8").includes(`Running on ${emulator.endpoint}`)) return emulator;
    await sleep(100);
  }
  await stopEmulator(emulator.pid);
  signal.throwIfAborted();
  const printed = readFileSync(log, "utf8");
  // Somebody took it since we looked.
  if (port === undefined && printed.includes("already in use"))
    return startEmulator({ port: await freePort(0), account, region, log, signal });
  throw new UserError(`The local AWS did not start. It printed (${log}):\n${printed.slice(-2000)}`);
}

/** Ends the emulator with the lambdas that it runs, and waits until they are gone. */
export async function stopEmulator(pid: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!isRunning(pid)) break;
    process.kill(-pid, signal);
    for (let waited = 0; waited < 50 && isRunning(pid); waited += 1) await sleep(100);
  }
  // Lambdas' processes share its group.
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // the group is empty
  }
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A virtual environment with MiniStack in it, made once for each pinned version. */
async function virtualEnvironment(signal: AbortSignal): Promise<string> {
  const requirements = readFileSync(REQUIREMENTS, "utf8");
  const folder = resolve(".build/emulator");
  const python = join(folder, "bin/python");
  const complete = join(folder, "installed.txt");
  if (existsSync(complete) && readFileSync(complete, "utf8") === requirements && existsSync(python)) return python;

  process.stdout.write("Installing the local AWS (MiniStack) into a virtual environment…\n");
  const system = await findPython();
  const venv = await runProcess(system, ["-m", "venv", "--clear", folder], { signal });
  if (venv.exitCode !== 0)
    throw new UserError(
      `Python cannot make a virtual environment; on Debian and Ubuntu install python3-venv. Or run an emulator of your own and say --endpoint URL.\n${venv.stdout}${venv.stderr}`,
    );
  const install = await runProcess(python, ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", REQUIREMENTS], { signal });
  signal.throwIfAborted();
  if (install.exitCode !== 0) throw new UserError(`MiniStack could not be installed from PyPI:\n${install.stderr}`);
  writeFileSync(complete, requirements);
  return python;
}

/** @throws UserError when there is none, or only older ones */
async function findPython(): Promise<string> {
  const found: string[] = [];
  for (const program of ["python3", "python"]) {
    const { exitCode, stdout } = await runProcess(program, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
    if (exitCode !== 0) continue;
    if (stdout.trim().localeCompare(OLDEST_PYTHON, "en", { numeric: true }) >= 0) return program;
    found.push(`${program} is ${stdout.trim()}`);
  }
  throw new UserError(
    `The local AWS needs Python ${OLDEST_PYTHON} or later, and ${found.join(", ") || "there is none on the PATH"}. Install it (https://www.python.org/downloads/), or run an emulator of your own and say: npm run local -- --endpoint URL`,
  );
}

async function choosePort(asked: number | undefined): Promise<number> {
  const port = (await freePort(asked ?? USUAL_PORT)) ?? (asked === undefined ? await freePort(0) : undefined);
  if (port !== undefined) return port;
  throw new UserError(`Port ${asked} is taken on 127.0.0.1. Name another with --port, or leave it out and a free one is found.`);
}

/** The port that a server gets who asks for this one; 0 is any. Undefined where it is taken. */
function freePort(asked: number): Promise<number | undefined> {
  return new Promise((answer) => {
    const server = createServer().once("error", () => answer(undefined));
    server.listen(asked, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => answer(port));
    });
  });
}
