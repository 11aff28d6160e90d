import { UserError } from "../../shared/errors";
import { WORKSPACES_STACK } from "../../shared/naming";
import { type CloudBlock, type Stack, terraformBlock } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import { printableLine } from "../cli/printable";
import { tokenFor, tokenVariable } from "./tokens";

/** How long a server can take to answer, in milliseconds. */
const TIMEOUT_MS = 30_000;
const NOTHING_CHANGED = "Nothing was changed.";

/** A server with the protocol of HCP Terraform, and the token for it. */
export interface Server {
  hostname: string;
  token: string;
  /** The address of the API, with "/" at its end. */
  api: string;
}

/**
 * Checks that the workspaces of these stacks exist, and that nobody has locked them. `terraform init` creates a workspace that does not
 * exist, with the default settings of the organization: without the credentials, and with a Terraform of any version. Of a lock,
 * Terraform does not say who holds it.
 * @throws UserError with every workspace that does not exist or is locked, or when the server cannot be asked
 */
export async function checkWorkspaces(stacks: Pick<Stack, "folder">[]): Promise<void> {
  const blocks = stacks.map((stack) => terraformBlock(stack).cloud).filter((block) => block !== undefined);
  const [first] = blocks;
  if (!first) return;
  // All stacks are on one server: it is configured once.
  const server = await connect(first.hostname);
  const statuses: WorkspaceStatus[] = [];
  // One after the other: HCP Terraform limits the requests in a second.
  for (const block of blocks) statuses.push(await readWorkspace(block, server));
  throwMissing(statuses, first);
  const locks = statuses.flatMap(({ name, lock }) => (lock ? [`  ${name} is locked by ${lock}`] : []));
  if (locks.length > 0) throw new UserError([`${NOTHING_CHANGED} Wait until these locks are released:`, ...locks].join("\n"));
}

/**
 * The version of the state in a workspace, or undefined if it has none yet. The server does not tell its lineage.
 * @see https://developer.hashicorp.com/terraform/cloud-docs/api-docs/state-versions#get-current-state-version-for-a-workspace
 */
export async function workspaceStateVersion(block: CloudBlock): Promise<{ serial: number } | undefined> {
  const server = await connect(block.hostname);
  const { id } = await readWorkspace(block, server);
  if (id === undefined) return undefined;
  const response = await callApi(server, `workspaces/${id}/current-state-version`);
  if (response.status === 404) return undefined;
  const serial = parseJson(await response.text())?.data?.attributes?.serial;
  if (typeof serial === "number") return { serial };
  throw new UserError(
    `${server.hostname} answered ${response.status} when it was asked for the state of ${block.workspaces.name}. Try again.`,
  );
}

/**
 * Finds the API of a server, and the token for it.
 * @throws UserError when there is no token, or no such server
 */
export async function connect(hostname: string): Promise<Server> {
  return { hostname, token: requireToken(hostname), api: await apiOf(hostname) };
}

/**
 * Sends a request to the API of a server. Where the server refers to another address, as for a download, it follows without the token.
 * @param path behind the address of the API
 * @throws UserError when the server cannot be reached, or rejects the token
 */
export async function callApi({ hostname, token, api }: Server, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await request(new URL(path, api), hostname, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  if (response.status !== 401) return response;
  throw new UserError(`${hostname} rejected your token. Get a new one: terraform login ${hostname}. ${NOTHING_CHANGED}`);
}

function throwMissing(statuses: WorkspaceStatus[], { organization, hostname }: CloudBlock): void {
  const missing = statuses.filter(({ exists }) => !exists).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new UserError(
    [
      `The organization ${organization} on ${hostname} does not have these workspaces, or your token may not see them: ${missing.join(", ")}.`,
      `Terraform would create them with default settings. ${NOTHING_CHANGED}`,
      `Create them first: npx cdktf deploy ${WORKSPACES_STACK} (docs/hcp.md).`,
    ].join("\n"),
  );
}

interface WorkspaceStatus {
  name: string;
  exists: boolean;
  id?: string;
  /** Who holds the lock, and why or since when, as far as the server says. Undefined when the workspace is not locked. */
  lock?: string;
}

/** @see https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces#show-workspace */
async function readWorkspace({ organization, workspaces: { name } }: CloudBlock, server: Server): Promise<WorkspaceStatus> {
  const response = await callApi(server, `organizations/${organization}/workspaces/${name}?include=locked_by`);
  const { status } = response;
  if (status === 200) {
    const document = parseJson(await response.text());
    return { name, exists: true, id: document?.data?.id, lock: lockIn(document) };
  }
  // The server answers 404 for what a token may not see, too.
  if (status === 404) return { name, exists: false };
  throw new UserError(`${server.hostname} answered ${status} when it was asked for the workspace ${name}. ${NOTHING_CHANGED} Try again.`);
}

/** A person or a run holds a lock. Only of a run does the server say since when. */
function lockIn(document: JsonApiDocument | undefined): string | undefined {
  const attributes = document?.data?.attributes;
  if (!attributes?.locked) return undefined;
  const [holder] = document?.included ?? [];
  const { username, email, "created-at": since } = holder?.attributes ?? {};
  const who = holder?.type === "runs" ? `the run ${holder.id}` : (username ?? email ?? "somebody");
  const reason = attributes["locked-reason"];
  return printableLine([who, since && `since ${since}`, reason && `(${reason})`].filter(Boolean).join(" "));
}

interface JsonApiDocument {
  data?: { id: string; attributes: { locked?: boolean; "locked-reason"?: string } };
  included?: { id: string; type: string; attributes?: Record<string, string> }[];
}

/**
 * The address of the API on a host.
 * @see https://developer.hashicorp.com/terraform/internals/remote-service-discovery
 */
async function apiOf(hostname: string): Promise<string> {
  const discovery = new URL(`https://${hostname}/.well-known/terraform.json`);
  const response = await request(discovery, hostname);
  const service = response.ok ? parseJson(await response.text())?.["tfe.v2"] : undefined;
  if (typeof service !== "string") {
    throw new UserError(`${hostname} is not a server with the protocol of HCP Terraform: ${discovery} names no tfe.v2. ${NOTHING_CHANGED}`);
  }
  return new URL(service.endsWith("/") ? service : `${service}/`, response.url || discovery).href;
}

async function request(url: URL, hostname: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init }).catch((error: Error) => {
    const { message } = (error.cause as Error | undefined) ?? error;
    throw new UserError(`${hostname} cannot be reached: ${message}. ${NOTHING_CHANGED}`);
  });
}

/** @throws UserError when there is none */
function requireToken(hostname: string): string {
  const token = tokenFor(hostname);
  if (token) return token;
  const fix = `Run: terraform login ${hostname} (or set ${tokenVariable(hostname)})`;
  throw new UserError(`There is no token for ${hostname}. ${fix}. ${NOTHING_CHANGED}`);
}
