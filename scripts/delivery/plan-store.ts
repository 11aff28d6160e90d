import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { UserError } from "../../shared/errors";
import { deployedDomain, deployedStackId, planPrefix } from "../../shared/naming";
import { type Stack, terraformBlock } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import type { PlanRecord, SavedPlan } from "./plan-record";
import { locationOfRun, readRemotePlan, runIn } from "./remote-plan";

/**
 * Saved plans. A plan holds values in clear text, so it is where the state is, which holds them too: in the state bucket, or else on
 * this machine. Nothing of it goes anywhere else. If Terraform runs on the server of HCP Terraform, the plan is there, and this machine has
 * the record.
 */

/** The last plan of each stack that this clone has made. */
const PLANS_FOLDER = ".deploy/plans";
const FILES = { record: "record.json", plan: "plan.tfplan", lockFile: "terraform.lock.hcl" } as const;

/** Whether a plan belongs to a pull request. No role that applies may read it then. */
export type PlanOrigin = "main" | "pull-request";

/**
 * Saves a plan, and notes where it is.
 * @returns its location: `s3://shop-int-state-111111111111/plans/main/orders/3f2a…/`, `hcp://run-8A1C…`, or a folder of this clone
 */
export async function savePlan(
  stack: Stack,
  saved: SavedPlan,
  { origin, isLocal }: { origin: PlanOrigin; isLocal: boolean },
): Promise<string> {
  const contents = { record: saved.recordText, plan: saved.plan, lockFile: saved.lockFile };
  const { backend } = terraformBlock(stack);
  let location = `${join(PLANS_FOLDER, origin === "main" ? "" : origin, deployedStackId(stack))}/`;
  if (backend?.s3 && !isLocal) {
    // By its content: a plan is never replaced by another one.
    const prefix = `${planPrefix(deployedDomain(stack), origin)}${saved.record.plan.slice(0, 32)}/`;
    location = `s3://${backend.s3.bucket}/${prefix}`;
    const s3 = new S3({ region: backend.s3.region });
    // The record comes last, because it makes the plan complete.
    for (const file of ["plan", "lockFile", "record"] as const) {
      await s3.putObject({
        Bucket: backend.s3.bucket,
        Key: `${prefix}${FILES[file]}`,
        Body: contents[file],
        ExpectedBucketOwner: stack.account,
      });
    }
  } else {
    rmSync(join(location, FILES.record), { force: true });
    for (const file of ["plan", "lockFile", "record"] as const) write(join(location, FILES[file]), contents[file]);
  }
  // apply takes the plan of a pull request from nowhere.
  if (origin === "main") write(pointerOf(stack), location);
  return saved.record.run ? locationOfRun(saved.record.run) : location;
}

/** Where this clone's last plan of a stack is, or undefined if there is none. */
export function lastPlanOf(stack: Stack): string | undefined {
  const file = pointerOf(stack);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function pointerOf(stack: Stack): string {
  return join(PLANS_FOLDER, `${deployedStackId(stack)}.location`);
}

/** Forgets the plan of a stack after it was applied. Another apply of it would only fail. */
export function forgetPlan(stack: Stack): void {
  rmSync(join(PLANS_FOLDER, deployedStackId(stack)), { recursive: true, force: true });
  rmSync(pointerOf(stack), { force: true });
}

/**
 * Reads a saved plan.
 * @throws UserError when it is not there, not complete, or not in a place from which a plan of this stack may be applied
 */
export async function readPlan(stack: Stack, location: string, isLocal: boolean): Promise<SavedPlan> {
  const run = isLocal ? undefined : runIn(location);
  if (run !== undefined) return readRemotePlan(stack, run);
  const read = readerOf(stack, location, isLocal);
  const [record, plan, lockFile] = [await read(FILES.record), await read(FILES.plan), await read(FILES.lockFile)];
  const parsed: PlanRecord | undefined = parseJson(record?.toString());
  if (record && parsed && plan && lockFile) return { record: parsed, recordText: record.toString(), plan, lockFile };
  throw new UserError(
    `${stack.stack}: there is no complete plan in ${location}, or these credentials may not read it. Plans are kept for 7 days. Plan again: npm run plan -- ${stack.stack}`,
  );
}

type Reader = (file: string) => Promise<Buffer | undefined>;

function readerOf(stack: Stack, location: string, isLocal: boolean): Reader {
  const s3 = terraformBlock(stack).backend?.s3;
  if (!s3 || isLocal) {
    const own = `${join(PLANS_FOLDER, deployedStackId(stack))}/`;
    if (location !== own) throw wrongPlace(stack, location, own);
    return async (file) => (existsSync(join(own, file)) ? readFileSync(join(own, file)) : undefined);
  }
  const own = `s3://${s3.bucket}/${planPrefix(deployedDomain(stack), "main")}`;
  // Not "..", which S3 does not resolve, but a reader might.
  if (!location.startsWith(own) || !/^[0-9a-f]+\/$/.test(location.slice(own.length))) throw wrongPlace(stack, location, `${own}<plan>/`);
  const prefix = location.slice(`s3://${s3.bucket}/`.length);
  const client = new S3({ region: s3.region });
  return (file) => readObject(client, { Bucket: s3.bucket, Key: `${prefix}${file}`, ExpectedBucketOwner: stack.account });
}

function wrongPlace({ stack }: Stack, location: string, own: string): UserError {
  return new UserError(`${stack}: its plans that may be applied are in ${own}, but this one is in ${location}. Nothing was changed.`);
}

async function readObject(s3: S3, object: { Bucket: string; Key: string; ExpectedBucketOwner: string }): Promise<Buffer | undefined> {
  try {
    const { Body } = await s3.getObject(object);
    return Body && Buffer.from(await Body.transformToByteArray());
  } catch (error) {
    // Without the permission to list the bucket, S3 does not say whether an object exists.
    if (["NoSuchKey", "AccessDenied"].includes((error as Error).name)) return undefined;
    throw error;
  }
}

function write(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  // A name appears when its file is complete.
  writeFileSync(`${file}.partial`, content);
  renameSync(`${file}.partial`, file);
}
