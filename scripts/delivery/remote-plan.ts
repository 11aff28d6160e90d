import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import { type CloudBlock, type Stack, terraformBlock } from "../artifact/artifact";
import { fingerprint, LOCK_FILE } from "../artifact/contents";
import { parseJson } from "../cli/json";
import { connect, type Server } from "../terraform/hcp";
import { bookmarkFile, bookmarkIn, configurationOf, discardRun, isRunId, type Run, readRun, shownPlanOf } from "../terraform/hcp-runs";
import type { RunOfPlan } from "../terraform/plan";
import { summaryOfPlan } from "../terraform/summarized-plan";
import { PLAN_FILE } from "../terraform/terraform";
import { type PlanContext, type PlanRecord, type SavedPlan, sha256 } from "./plan-record";

/**
 * Plans that are runs on the server of HCP Terraform. The server has what was planned: the configuration that was uploaded, and the plan
 * without its sensitive values. So a run can be applied on another machine than the one that planned, which needs its id only.
 */

const SCHEME = "hcp://";
/** The file in the upload that says what the plan is made with. Terraform does not read it, and the server keeps it with the run. */
const CONTEXT_FILE = "planned-with.json";

/** The files that a stack's working copy needs beside its own, so that its run can be applied on another machine. */
export function contextFiles(context: PlanContext): Record<string, string> {
  return { [CONTEXT_FILE]: JSON.stringify(context) };
}

/** Where the plan of a run is: `hcp://run-8A1C…`. */
export function locationOfRun({ id }: RunOfPlan): string {
  return `${SCHEME}${id}`;
}

/** The id of the run that a location names, or undefined if it names none. */
export function runIn(location: string): string | undefined {
  const id = location.startsWith(SCHEME) ? location.slice(SCHEME.length) : "";
  return isRunId(id) ? id : undefined;
}

/** The run that a saved plan is the bookmark of, as the server of the stack has it now. Undefined if there is none. */
export async function runOf({ plan }: Pick<SavedPlan, "plan">, stack: Stack): Promise<Run | undefined> {
  const { cloud } = terraformBlock(stack);
  const bookmark = bookmarkIn(plan);
  return bookmark && cloud ? readRun(await connect(cloud.hostname), bookmark.run) : undefined;
}

/** Discards the run of a saved plan, if it has one that could be applied. */
export async function discardRemotePlan(stack: Stack, { record }: SavedPlan): Promise<void> {
  const { cloud } = terraformBlock(stack);
  if (record.run && cloud && !record.summary.isEmpty) await discardRun(await connect(cloud.hostname), record.run);
}

/**
 * Makes a saved plan again from its run. What the record says of the artifact and of the provider lock file is computed from what was
 * uploaded, not from what somebody wrote about it.
 * @param id of the run
 * @throws UserError when the run does not exist, or was not started by `npm run plan`
 */
export async function readRemotePlan(stack: Stack, id: string): Promise<SavedPlan> {
  const cloud = requireCloud(stack, id);
  const server = await connect(cloud.hostname);
  const run = await readRun(server, id);
  if (!run) throw unusable(stack, id, `is not on ${cloud.hostname}, or your token may not see it`);
  const uploaded = contentOf(await configurationOf(server, run), stack, run);
  const plan = bookmarkFile({ run: run.id, hostname: cloud.hostname });
  const record: PlanRecord = {
    ...uploaded.context,
    workspace: run.workspace,
    fingerprint: uploaded.fingerprint,
    lockFile: sha256(uploaded.lockFile),
    run: { id: run.id, configurationVersion: run.configurationVersion },
    plan: sha256(plan),
    plannedAt: run.createdAt,
    summary: { ...(await summaryOf(server, stack, run)), reasons: [] },
  };
  return { record, recordText: JSON.stringify(record), plan, lockFile: uploaded.lockFile };
}

function requireCloud(stack: Stack, id: string): CloudBlock {
  const { cloud } = terraformBlock(stack);
  if (cloud) return cloud;
  throw unusable(stack, id, "is on a server, but the state of this stack is not");
}

async function summaryOf(server: Server, { stack }: Stack, run: Run): Promise<Omit<PlanRecord["summary"], "reasons">> {
  if (!run.hasChanges) return { changes: [], dangers: [], existing: 0, isEmpty: true };
  return summaryOfPlan(stack, await shownPlanOf(server, run));
}

interface UploadedContent {
  context: PlanContext;
  fingerprint: string;
  lockFile: Buffer;
}

/** What was uploaded for a run, without what the working copy has beside the stack of the artifact. */
function contentOf(archive: Buffer, stack: Stack, { id }: Run): UploadedContent {
  const folder = mkdtempSync(join(tmpdir(), "configuration-"));
  try {
    if (!unpack(archive, folder)) throw unusable(stack, id, "has a configuration that cannot be unpacked");
    // A fingerprint does not see them.
    if (hasLinks(folder)) throw unusable(stack, id, "has links in its configuration");
    const context: PlanContext | undefined = parseJson(readIfExists(join(folder, CONTEXT_FILE))?.toString());
    const lockFile = readIfExists(join(folder, LOCK_FILE));
    const hasStack = existsSync(join(folder, "cdk.tf.json"));
    if (!context?.contractValues || !lockFile || !hasStack) throw unusable(stack, id, "was not started by npm run plan");
    // Terraform writes a lock file if the project has none, and an earlier plan can have left its file.
    const added = [CONTEXT_FILE, PLAN_FILE, LOCK_FILE].filter((file) => !existsSync(join(stack.folder, file)));
    for (const file of added) rmSync(join(folder, file), { force: true });
    return { context, fingerprint: fingerprint({ folder }), lockFile };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns whether the archive could be read */
function unpack(archive: Buffer, folder: string): boolean {
  return spawnSync("tar", ["-xzmf", "-", "-C", folder], { input: archive }).status === 0;
}

function hasLinks(folder: string): boolean {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.some((entry) => !entry.isFile() && !entry.isDirectory());
}

function readIfExists(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}

function unusable({ stack }: Stack, id: string, why: string): UserError {
  return new UserError(`${stack}: the run ${id} ${why}. Nothing was changed. Plan again: npm run plan -- ${stack}`);
}
