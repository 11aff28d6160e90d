import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SSM } from "@aws-sdk/client-ssm";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import { clientSettings } from "./client-settings";
import { isEmulator, startEmulator, stopEmulator } from "./emulator";
import { deleteLocalFiles, LOCAL_FOLDER } from "./files";

const RECORD = join(LOCAL_FOLDER, "run.json");
const EMULATOR_LOG = join(LOCAL_FOLDER, "emulator.log");

/** A server that accepts connections but never responds counts as absent. */
const RESPONSE_TIMEOUT_MS = 10_000;

const NO_ACCESS_KEY = "AKIA0THISDOESNOTEXIST";

/** One run of a local AWS, from the start of the emulator to its end. Terraform's local state is valid for this run only. */
export interface LocalRun {
  /** The value of the marker, an SSM parameter in the local AWS. An emulator that was restarted is empty and no longer has it. */
  id: string;
  /** The URL of the emulator. */
  endpoint: string;
  /** The secret access key of the root user of every account. Undefined when the emulator accepts any. */
  secretAccessKey?: string;
  /** The process id of the emulator. Undefined when `npm run local` did not start it. */
  pid?: number;
}

export interface RunOptions {
  /**
   * The URL of an emulator that is already running.
   * @default an emulator is started
   */
  endpoint?: string;
  /**
   * The port for an emulator that is started.
   * @default 4566, or any free port when 4566 is in use
   */
  port?: number;
  signal: AbortSignal;
}

/**
 * The run that an earlier command recorded. Its emulator may have ended since then.
 * @throws UserError when the record is damaged
 */
export function readRun(): LocalRun | undefined {
  if (!existsSync(RECORD)) return undefined;
  const run: Partial<LocalRun> = parseJson(readFileSync(RECORD, "utf8")) ?? {};
  if (typeof run.id === "string" && typeof run.endpoint === "string") return run as LocalRun;
  throw new UserError(
    `${RECORD} is damaged, so the process of the local AWS is unknown. If a program "python … scripts/local/emulator/main.py" is running, stop it. Then delete the folder ${LOCAL_FOLDER}.`,
  );
}

/** @throws UserError when there is no run */
export function requireRun(): LocalRun {
  const run = readRun();
  if (!run) throw new UserError("No local AWS is running. Start it with: npm run local");
  return run;
}

/**
 * Continues the run of an earlier command if its emulator is still running. Otherwise starts a new run.
 * @param stack the run's marker is in the account and region of this stack
 * @returns the run, and whether its emulator was started by this call
 * @throws UserError when the options ask for another emulator than the one that is running, when it is not known whether that one
 * is running, or when `endpoint` does not respond
 */
export async function openRun(stack: Stack, options: RunOptions): Promise<{ run: LocalRun; started: boolean }> {
  const earlier = readRun();
  const status = earlier && (await statusOf(earlier, stack));
  if (earlier && status === "running") {
    const requested = requestedEndpoint(options);
    if (requested === undefined || requested === earlier.endpoint) return { run: earlier, started: false };
    // Without its record, nothing could stop this emulator later.
    if (earlier.pid !== undefined)
      throw new UserError(`A local AWS is already running at ${earlier.endpoint}. Stop it first with: npm run local:down`);
  } else if (earlier?.pid !== undefined && (await isEmulator(earlier.pid))) {
    // It may only be slow, or suspended. Without its record, nothing could stop it later.
    throw new UserError(
      `The local AWS at ${earlier.endpoint} is running (process ${earlier.pid}), but it does not answer. Wait and try again, or stop it with: npm run local:down`,
    );
  }
  if (earlier && earlier.pid === undefined && status instanceof Error) {
    throw new UserError(
      `It is not known whether the emulator at ${earlier.endpoint} is still running: ${status.message}. Wait and try again. If it is gone, delete the folder ${LOCAL_FOLDER}, then run the command again.`,
    );
  }
  if (options.endpoint !== undefined) await checkEndpoint(options.endpoint, stack);
  deleteLocalFiles();
  return startRun(stack, options);
}

/**
 * Whether the emulator still has the marker of the run. It is gone if nothing listens, or if the marker is another one. Every other
 * failure proves nothing: the machine may just have been suspended.
 * @returns the failure, if it is not known
 */
async function statusOf(run: LocalRun, stack: Stack): Promise<"running" | "gone" | Error> {
  const client = new SSM(clientSettings(run, stack));
  try {
    const { Parameter } = await client.getParameter({ Name: markerName(stack) }, responseTimeout());
    return Parameter?.Value === run.id ? "running" : "gone";
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    return name === "ParameterNotFound" || code === "ECONNREFUSED" || code === "ECONNRESET" ? "gone" : (error as Error);
  }
}

function requestedEndpoint({ endpoint, port }: RunOptions): string | undefined {
  if (endpoint !== undefined) return endpoint;
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

async function checkEndpoint(endpoint: string, stack: Stack): Promise<void> {
  const client = new SSM(clientSettings({ endpoint }, stack));
  try {
    await client.describeParameters({}, responseTimeout());
  } catch (error) {
    throw new UserError(`No AWS responds at ${endpoint}: ${(error as Error).message}. Start that emulator, or leave out --endpoint.`);
  }
}

/**
 * Whether the AWS of a run refuses an access key that does not exist. One that accepts it does not enforce IAM either: MiniStack
 * without AUTH, for example.
 */
export async function enforcesIam(run: LocalRun, stack: Stack): Promise<boolean> {
  const client = new SSM(clientSettings(run, { ...stack, account: NO_ACCESS_KEY }));
  return client.describeParameters({}, responseTimeout()).then(
    () => false,
    () => true,
  );
}

async function startRun(stack: Stack, { endpoint, port, signal }: RunOptions): Promise<{ run: LocalRun; started: boolean }> {
  mkdirSync(LOCAL_FOLDER, { recursive: true });
  const id = randomUUID();
  const { account, region } = stack;
  const run: LocalRun =
    endpoint === undefined ? { id, ...(await startEmulator({ port, account, region, log: EMULATOR_LOG, signal })) } : { id, endpoint };
  try {
    writeFileSync(RECORD, JSON.stringify(run, null, 2));
    const client = new SSM(clientSettings(run, stack));
    await client.putParameter({ Name: markerName(stack), Value: run.id, Type: "String", Overwrite: true });
  } catch (error) {
    // Without its record, no command could stop it later.
    if (run.pid !== undefined) await stopEmulator(run.pid);
    throw error;
  }
  return { run, started: endpoint === undefined };
}

function markerName({ project }: Stack): string {
  return `/${project}-local-run`;
}

function responseTimeout(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) };
}
