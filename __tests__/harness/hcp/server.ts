import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { parseJson } from "../../../scripts/cli/json";
import type { Json } from "../synth";
import { ApiError, type Content, one, type Routes } from "./documents";
import { runRoutes } from "./run-routes";
import { Runs, type Upload } from "./runs";
import { stateRoutes, workspaceRoutes } from "./workspace-routes";
import { type Execution, userHolder, Workspaces } from "./workspaces";

// An imitation of HCP Terraform, for tests with the real Terraform: workspaces with their locks and states, and runs with remote
// execution, for which it calls the real Terraform, too. It has one organization, `team`, and accepts one token.
//
// It leaves out what these tests do not need:
//
// - A run does not wait for another one, or for a lock: it is refused. So is one with variables, targets, or a question before its
//   apply. A run cannot be cancelled.
// - A workspace has no settings but the execution mode, and of its states only the latest. A lock cannot be broken by force.
// - The log of a run is text. The list of outputs also has the sensitive values.
// - Nobody knows what exactly HCP's redacted plan has in place of a sensitive value. Here it is null.
//
// It follows the source code of Terraform 1.11.4. It was never compared with what HCP itself answers.

/** What a server needs. */
export interface HcpOptions {
  /** The only token that it accepts. */
  token: string;
  /** The environment variables of Terraform in remote runs, beside PATH and HOME. */
  terraformEnvironment: NodeJS.ProcessEnv;
  /**
   * Whether the token has the permissions of an administrator of the workspaces.
   * @default false
   */
  isAdmin?: boolean;
}

/** A server that runs. */
export interface HcpServer {
  /** Its address, which stands for `https://app.terraform.io`. */
  url: string;
  /** The part of a Terraform CLI configuration with which Terraform takes this server for app.terraform.io. */
  cliConfiguration: string;
  /** Creates a workspace without a state. */
  createWorkspace: (name: string, options: { execution: Execution }) => void;
  /** The names of all workspaces, also of those that Terraform has created. */
  workspaceNames: () => string[];
  /** Locks a workspace as another user than the one with the token. */
  lock: (name: string, options: { user: string; reason: string }) => void;
  /** Removes a lock, whoever holds it. */
  unlock: (name: string) => void;
  /** The latest state of a workspace, or undefined if it has none. */
  stateOf: (name: string) => Json | undefined;
  /** What Terraform has uploaded for each run so far. */
  uploads: Upload[];
  /** Interrupts all runs, waits for their end, and stops the server. */
  close: () => Promise<void>;
}

/** From these, Terraform concludes what the server can do. */
const HEADERS = { "tfp-api-version": "2.6", "tfp-appname": "HCP Terraform" };

/** How Terraform finds the API, and what it asks about it. */
const SERVICE: Routes = {
  "GET /.well-known/terraform.json": () => ({ "tfe.v2": "/api/v2/" }),
  "GET /api/v2/ping": () => undefined,
  // Without this entitlement, Terraform never runs on the server.
  "GET /api/v2/organizations/team/entitlement-set": () => one({ id: "team", type: "entitlement-sets", attributes: { operations: true } }),
};

/**
 * Starts a server on a free port of 127.0.0.1. It runs in the process of the test, which therefore must not call Terraform with
 * `spawnSync`.
 */
export async function startHcp({ token, terraformEnvironment, isAdmin = false }: HcpOptions): Promise<HcpServer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const closing = new AbortController();
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1", ...terraformEnvironment };
  const workspaces = new Workspaces();
  const runs = new Runs(workspaces, { env, signal: closing.signal });
  const routes = { ...SERVICE, ...workspaceRoutes(workspaces), ...stateRoutes(workspaces, url), ...runRoutes(runs, { url, isAdmin }) };
  server.on("request", async (request, response) => {
    const { status, body } = await answerTo(request, token, routes).catch(refusal);
    response.writeHead(status, HEADERS);
    response.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });

  return {
    url,
    cliConfiguration: `host "app.terraform.io" {\n  services = { "tfe.v2" = "${url}/api/v2/" }\n}\n`,
    createWorkspace: (name, { execution }) => void workspaces.create(name, execution),
    workspaceNames: () => workspaces.names(),
    lock: (name, { user, reason }) => void workspaces.lock(name, { holder: userHolder(user), reason }),
    unlock: (name) => void workspaces.unlock(name),
    stateOf: (name) => parseJson(workspaces.stateOf(name)),
    uploads: runs.uploads,
    close: async () => {
      closing.abort();
      await runs.ended();
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  status: number;
  body: Content;
}

async function answerTo(request: IncomingMessage, token: string, routes: Routes): Promise<Answer> {
  const body = await buffer(request);
  const { pathname, searchParams: query } = new URL(request.url ?? "", "http://server");
  // Files need no token. Only the API tells where they are.
  if (pathname.startsWith("/api/") && request.headers.authorization !== `Bearer ${token}`) throw new ApiError(401, "unauthorized");
  for (const [route, handle] of Object.entries(routes)) {
    const match = new RegExp(`^${route.replace(":id", "([^/]+)")}$`).exec(`${request.method} ${pathname}`);
    if (match) return { status: 200, body: handle({ id: match[1] ?? "", query, body, data: parseJson(body.toString())?.data }) };
  }
  throw new ApiError(404, "not found");
}

/** Terraform repeats a request for minutes if it gets a status above 499. A mistake in this server must not cost that time. */
function refusal(error: Error): Answer {
  const { status, message } = error instanceof ApiError ? error : { status: 400, message: error.stack };
  return { status, body: { errors: [{ status: String(status), title: message }] } };
}
