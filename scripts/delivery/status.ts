import { SSM } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { deployedDomain } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { fingerprint as fingerprintOf } from "../artifact/contents";
import { type DeployedRecord, hashOfValues, hasRecordedState } from "./deployed-record";
import { type Checkout, commitsBetween, shortCommit } from "./git";
import { recordedDomains } from "./record-store";
import { type Reach, type RunningStack, runningStacks } from "./running-stacks";

/** What runs in one environment. */
export interface EnvironmentStatus {
  environment: string;
  /** Why nothing is known about it: the credentials do not reach it. */
  unknown?: string;
  /** What runs, by the domain's name when it was first deployed. */
  running: Map<string, RunningStack>;
  /** Domains that have a record and no stack in the artifact. */
  deleted: string[];
}

/**
 * What runs in the environments that the credentials reach.
 * @param all stacks of the artifact: what runs and is not among them was deleted
 * @param profiles profiles of the AWS CLI by environment. The others are reached with the credentials of the shell.
 */
export async function readStatus(
  stacks: Stack[],
  { all, profiles, isLocal }: { all: Stack[]; profiles: Map<string, string>; isLocal: boolean },
): Promise<EnvironmentStatus[]> {
  const environments = [...new Set(stacks.map(({ environment }) => environment))];
  return Promise.all(
    environments.map(async (environment): Promise<EnvironmentStatus> => {
      const own = stacks.filter((stack) => stack.environment === environment);
      const [{ project, account, region }] = own as [Stack];
      const profile = profiles.get(environment);
      const found = await new STS({ region, profile }).getCallerIdentity({}).then(
        (identity) => identity.Account,
        (error: Error) => error,
      );
      const nothing = { environment, running: new Map(), deleted: [] };
      if (found instanceof Error) return { ...nothing, unknown: found.message };
      if (found !== account) return { ...nothing, unknown: `the credentials belong to account ${found}, and not to ${account}` };
      const reach: Reach = { ssm: new SSM({ region, profile }), isLocal, profile };
      const reading = Promise.all([runningStacks(reach, own), recordedDomains(reach.ssm, { project, environment })]);
      // The other environments are shown all the same.
      const read = await reading.catch((error: Error) => error);
      if (read instanceof Error) return { ...nothing, unknown: read.message };
      const [running, recorded] = read;
      const known = all.filter((stack) => stack.environment === environment).map(deployedDomain);
      return {
        environment,
        running: new Map(own.map((stack) => [deployedDomain(stack), running.get(stack.stack) as RunningStack])),
        deleted: recorded.filter((domain) => !known.includes(domain)),
      };
    }),
  );
}

/** A row of the table: a domain, what runs of it in each environment, what this checkout has, and what to know about it. */
export interface StatusRow {
  domain: string;
  /** By environment. */
  running: Record<string, string>;
  here: string;
  notes: string[];
}

/** The rows of the table, a domain each. Domains that are not in the artifact any more come last. */
export async function statusRows(stacks: Stack[], statuses: EnvironmentStatus[], checkout: Checkout): Promise<StatusRow[]> {
  const domains = [...new Set(stacks.map(({ domain }) => domain))];
  const rows = await Promise.all(
    domains.map((domain) =>
      rowOf(
        stacks.filter((stack) => stack.domain === domain),
        statuses,
        checkout,
      ),
    ),
  );
  const deleted = [...new Set(statuses.flatMap((status) => status.deleted))].sort();
  return [...rows, ...deleted.map((domain) => deletedRow(domain, statuses))];
}

async function rowOf(stacks: Stack[], statuses: EnvironmentStatus[], checkout: Checkout): Promise<StatusRow> {
  const [first] = stacks as [Stack];
  const row: StatusRow = { domain: first.domain, running: {}, here: hereOf(checkout), notes: [] };
  for (const status of statuses) {
    const stack = stacks.find(({ environment }) => environment === status.environment);
    const running = stack && status.running.get(deployedDomain(stack));
    row.running[status.environment] = stack && running ? describeRunning(running) : "?";
    if (!stack || !running?.record) continue;
    const fingerprint = fingerprintOf(stack);
    // A stack is at the commit that last changed it, whatever other commits there are.
    if (running.record.fingerprint === fingerprint) row.here = commitOf(running.record);
    row.notes.push(...(await notesOf(status.environment, running, { fingerprint, checkout })));
  }
  return row;
}

function deletedRow(domain: string, statuses: EnvironmentStatus[]): StatusRow {
  const running = Object.fromEntries(statuses.map(({ environment, deleted }) => [environment, deleted.includes(domain) ? "runs" : ""]));
  return { domain, running, here: "deleted", notes: ["nothing destroys it: docs/retiring.md"] };
}

function hereOf({ commit, changed }: Checkout): string {
  return `${shortCommit(commit)}${changed.length > 0 ? "+" : ""}`;
}

function commitOf({ commit, isDirty }: DeployedRecord): string {
  return hereOf({ commit, changed: isDirty ? [""] : [] });
}

function describeRunning({ record, state }: RunningStack): string {
  if (record === undefined) return state === undefined ? "not deployed" : "unknown: no record";
  if (record.hold) return `held at ${commitOf(record)}`;
  if (!hasRecordedState(record, state)) return "unknown: changed outside";
  return `${commitOf(record)}  ${ago(record.deployedAt)}`;
}

async function notesOf(
  environment: string,
  { record, contractValues }: RunningStack,
  { fingerprint, checkout }: { fingerprint: string; checkout: Checkout },
): Promise<string[]> {
  if (record === undefined) return [];
  const notes: string[] = [];
  if (record.hold) notes.push(`rolled back from ${shortCommit(record.hold.rolledBackFrom)}`);
  if (record.fingerprint !== fingerprint) notes.push(await distance(environment, record, checkout));
  else if (record.contracts !== hashOfValues(contractValues)) notes.push(`${environment}: a contract that it reads has another value`);
  return notes;
}

async function distance(environment: string, { commit }: DeployedRecord, checkout: Checkout): Promise<string> {
  const [behind, ahead] = await Promise.all([commitsBetween(commit, checkout.commit), commitsBetween(checkout.commit, commit)]);
  if (behind === undefined || ahead === undefined) return `${environment} runs ${shortCommit(commit)}, which this clone does not have`;
  if (behind > 0 && ahead > 0) return `${environment} is ${behind} commits behind and ${ahead} ahead`;
  if (behind > 0) return `${environment} is ${commits(behind)} behind`;
  return ahead > 0 ? `${environment} is ${commits(ahead)} ahead` : `${environment} differs in what is not committed`;
}

function commits(count: number): string {
  return `${count} commit${count === 1 ? "" : "s"}`;
}

const UNITS: [name: string, milliseconds: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
];

/** How long ago a time was: `2 h ago`. */
export function ago(time: string, now = Date.now()): string {
  const milliseconds = now - Date.parse(time);
  const [name, length] = UNITS.find(([, unit]) => milliseconds >= unit) ?? ["min", 60_000];
  return `${Math.max(0, Math.floor(milliseconds / length))} ${name} ago`;
}
