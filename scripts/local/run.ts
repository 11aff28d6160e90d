import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SSM } from "@aws-sdk/client-ssm";
import { UserError } from "../../shared/errors";
import { contractParameter } from "../../shared/naming";
import { fingerprint, type Stack } from "../artifact/artifact";
import { startEmulator } from "./emulator";

/** Everything of a local run but its state. */
export const LOCAL = ".local";
export const WORK_FOLDER = join(LOCAL, "stacks");
const RECORD = join(LOCAL, "run.json");
const LOG = join(LOCAL, "emulator.log");
/** Terraform's workspace of a local run: its state lies apart from that of the real account, under the same `.state`. */
export const WORKSPACE = "local";

/** One life of a local AWS. State belongs to it and goes with it. */
export interface LocalRun {
  id: string;
  endpoint: string;
  /** Of the emulator, if we started it. */
  pid?: number;
}

/** What AWS's SDKs and Terraform need to reach an account of the local AWS: its access key id is the account's id. */
export function localCredentials({ endpoint }: Pick<LocalRun, "endpoint">, account: string, region: string): Record<string, string> {
  return { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "local", AWS_REGION: region };
}

/** A header that leads an unsigned request to an account of the local AWS. */
export function accountHeader({ account }: Pick<Stack, "account">): Record<string, string> {
  return { authorization: `AWS4-HMAC-SHA256 Credential=${account}/` };
}

/** Settings of an SDK client for an account of the local AWS. */
export function clientSettings({ endpoint }: Pick<LocalRun, "endpoint">, { account, region }: Pick<Stack, "account" | "region">) {
  return { endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "local" } };
}

/** The run that an earlier command left, if there is one. */
export function readRun(): LocalRun | undefined {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")) : undefined;
}

export interface RunOptions {
  /** Of an emulator that somebody else runs. */
  endpoint?: string;
  port?: number;
  signal: AbortSignal;
}

/**
 * Goes on with the local AWS that runs, or starts one.
 * @returns the run, and whether its emulator was started just now
 */
export async function openRun(stack: Stack, { endpoint, port, signal }: RunOptions): Promise<{ run: LocalRun; started: boolean }> {
  const earlier = readRun();
  const runs = earlier && (await knows(earlier, stack));
  const asked = endpoint ?? (port === undefined ? earlier?.endpoint : `http://127.0.0.1:${port}`);
  if (runs && earlier.pid !== undefined && asked !== earlier.endpoint)
    throw new UserError(`A local AWS runs already at ${earlier.endpoint}. Stop it first: npm run local:down`);
  if (runs && asked === earlier.endpoint) return { run: earlier, started: false };
  if (endpoint !== undefined)
    await new SSM(clientSettings({ endpoint }, stack)).describeParameters({}, soon()).catch(({ message }: Error) => {
      throw new UserError(`No AWS answers at ${endpoint}: ${message}. Start that emulator, or leave out --endpoint.`);
    });
  forgetRun();
  mkdirSync(LOCAL, { recursive: true });
  const emulator =
    endpoint === undefined ? await startEmulator({ port, account: stack.account, region: stack.region, log: LOG, signal }) : undefined;
  const run: LocalRun = { id: randomUUID(), endpoint: endpoint ?? emulator?.endpoint ?? "", pid: emulator?.pid };
  writeFileSync(RECORD, JSON.stringify(run, null, 2));
  await new SSM(clientSettings(run, stack)).putParameter({ Name: markerName(stack), Value: run.id, Type: "String", Overwrite: true });
  return { run, started: emulator !== undefined };
}

/** Whether this is still the same life of the emulator: one that was restarted has forgotten everything. */
async function knows(run: LocalRun, stack: Stack): Promise<boolean> {
  const marker = new SSM(clientSettings(run, stack)).getParameter({ Name: markerName(stack) }, soon());
  return marker.then(({ Parameter }) => Parameter?.Value === run.id).catch(() => false);
}

/** What takes calls and answers none is as if nothing were there. */
const soon = () => ({ abortSignal: AbortSignal.timeout(10_000) });
const markerName = ({ project }: Stack) => `/${project}-local-run`;

/** Removes all that a local run wrote: working copies and state. */
export function forgetRun(): void {
  rmSync(LOCAL, { recursive: true, force: true });
  if (!existsSync(".state")) return;
  for (const entry of readdirSync(".state", { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(".state", entry.name);
    rmSync(join(folder, WORKSPACE), { recursive: true, force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
  if (readdirSync(".state").length === 0) rmdirSync(".state");
}

export function statePath({ stack }: Pick<Stack, "stack">): string {
  return resolve(".state", stack, WORKSPACE, "terraform.tfstate");
}

/** What was deployed, for the next run to compare: the artifact, the contracts it read, and the state that came of it. */
async function deployedRecord(run: LocalRun, stack: Stack): Promise<string> {
  const names = stack.reads.flatMap(({ domain, version, parameters }) =>
    parameters.map((parameter) => contractParameter({ ...stack, domain }, version, parameter)),
  );
  const client = new SSM(clientSettings(run, stack));
  const contracts: [string?, string?][] = [];
  // SSM gives ten at once.
  for (let at = 0; at < names.length; at += 10) {
    const { Parameters = [] } = await client.getParameters({ Names: names.slice(at, at + 10) });
    contracts.push(...Parameters.map(({ Name, Value }): [string?, string?] => [Name, Value]));
  }
  const state = existsSync(statePath(stack)) ? readFileSync(statePath(stack), "utf8") : "";
  return JSON.stringify({ artifact: fingerprint(stack), contracts: contracts.sort(), serial: state && JSON.parse(state).serial });
}

const recordPath = ({ stack }: Stack) => join(LOCAL, "deployed", `${stack}.json`);

export async function isDeployed(run: LocalRun, stack: Stack): Promise<boolean> {
  return existsSync(recordPath(stack)) && readFileSync(recordPath(stack), "utf8") === (await deployedRecord(run, stack));
}

export async function rememberDeployed(run: LocalRun, stack: Stack): Promise<void> {
  mkdirSync(join(LOCAL, "deployed"), { recursive: true });
  writeFileSync(recordPath(stack), await deployedRecord(run, stack));
}
