import { UserError } from "../../shared/errors";
import { parseJson } from "../cli/json";
import { callApi, type Server } from "./hcp";
import type { RunOfPlan, ShownPlan } from "./plan";

/**
 * Runs on a server with the protocol of HCP Terraform. With remote execution, a saved plan is a run there. The file of the plan is a
 * bookmark, which only names the run, and an apply confirms the run.
 * @see https://developer.hashicorp.com/terraform/cloud-docs/api-docs/run
 */

/** A run, as the server has it now. */
export interface Run extends RunOfPlan {
  /** The name of its workspace. */
  workspace: string;
  /** The id of its plan. */
  plan: string;
  /** In HCP's words: `planned_and_saved`, `discarded`. */
  status: string;
  /** Whether an apply can confirm it. */
  isConfirmable: boolean;
  hasChanges: boolean;
  /** In ISO 8601. */
  createdAt: string;
}

/** What the file of a saved plan says when Terraform planned on a server. */
export interface Bookmark {
  /** The id of the run. */
  run: string;
  hostname: string;
}

/** The ids of runs become part of addresses. */
const RUN_ID = /^run-\w+$/;
/** How long the download of a configuration can take, with the zips of its lambdas, in milliseconds. */
const DOWNLOAD_TIMEOUT_MS = 300_000;
const NOTHING_CHANGED = "Nothing was changed.";

/** Whether a text can be the id of a run. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** The bookmark in the file of a saved plan, or undefined if the file is a plan itself. */
export function bookmarkIn(plan: Buffer): Bookmark | undefined {
  // A plan is a zip.
  const { remote_plan_format: format, run_id: run, hostname } = plan[0] === OPENING_BRACE ? (parseJson(plan.toString()) ?? {}) : {};
  const isBookmark = format === 1 && typeof run === "string" && RUN_ID.test(run) && typeof hostname === "string";
  return isBookmark ? { run, hostname } : undefined;
}

const OPENING_BRACE = "{".charCodeAt(0);

/** The file that Terraform writes for a saved plan of a run, with the same bytes. */
export function bookmarkFile({ run, hostname }: Bookmark): Buffer {
  return Buffer.from(JSON.stringify({ remote_plan_format: 1, run_id: run, hostname }));
}

/** A run, or undefined if there is none with this id, or if the token may not see it. */
export async function readRun(server: Server, id: string): Promise<Run | undefined> {
  const response = await callApi(server, `runs/${id}?include=workspace`);
  if (response.status === 404) return undefined;
  const { data, included = [] } = (response.ok ? parseJson(await response.text()) : undefined) ?? {};
  const { attributes, relationships } = data ?? {};
  const workspace = (included as Included[]).find(({ type, id }) => type === "workspaces" && id === relationships?.workspace?.data?.id);
  const configurationVersion = relationships?.["configuration-version"]?.data?.id;
  if (!attributes || !workspace || !configurationVersion) throw unexpected(server, response, `the run ${id}`);
  return {
    id: data.id,
    configurationVersion,
    workspace: workspace.attributes.name,
    plan: relationships.plan.data.id,
    status: attributes.status,
    isConfirmable: attributes.actions?.["is-confirmable"] === true,
    hasChanges: attributes["has-changes"] === true,
    createdAt: attributes["created-at"] ?? "",
  };
}

interface Included {
  type: string;
  id: string;
  attributes: { name: string };
}

/** @throws UserError when there is no such run */
export async function requireRun(server: Server, id: string): Promise<Run> {
  const run = await readRun(server, id);
  if (run) return run;
  throw new UserError(`${server.hostname} has no run ${id}, or your token may not see it. ${NOTHING_CHANGED} Plan again.`);
}

/**
 * The plan of a run, without the values that Terraform calls sensitive: this form is for everyone who may see the run. It is what
 * `terraform show` prints for a bookmark.
 */
export async function shownPlanOf(server: Server, { id, plan }: Run): Promise<ShownPlan> {
  const response = await callApi(server, `plans/${plan}/json-output-redacted`);
  const shown = response.ok ? parseJson(await response.text()) : undefined;
  if (!Array.isArray(shown?.resource_changes)) throw unexpected(server, response, `the plan of the run ${id}`);
  return { ...shown, isRedacted: true };
}

/** The folder from which a run planned, as a compressed tar file. */
export async function configurationOf(server: Server, { id, configurationVersion }: Run): Promise<Buffer> {
  const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const response = await callApi(server, `configuration-versions/${configurationVersion}/download`, { signal });
  if (!response.ok) throw unexpected(server, response, `the configuration ${configurationVersion} of the run ${id}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Discards a run whose plan is saved, so that nobody can apply it. */
export async function discardRun(server: Server, { id }: RunOfPlan): Promise<void> {
  const response = await callApi(server, `runs/${id}/actions/discard`, { method: "POST" });
  if (response.ok) return;
  throw new UserError(`${server.hostname} answered ${response.status} when the run ${id} was to be discarded. Discard it in the browser.`);
}

function unexpected({ hostname }: Server, { status }: Response, what: string): UserError {
  const text = status === 200 ? "gave an answer that this project does not know" : `answered ${status}`;
  return new UserError(`${hostname} ${text} when it was asked for ${what}. ${NOTHING_CHANGED} Try again.`);
}
