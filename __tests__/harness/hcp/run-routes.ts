import { existing, list, one, type Resource, type Routes, relationTo } from "./documents";
import { redacted } from "./redacted";
import type { RemoteRun } from "./remote-run";
import type { Configuration, Runs } from "./runs";
import { workspaceResource } from "./workspace-routes";

export interface RunRoutesOptions {
  /** The address of the server. */
  url: string;
  /** Whether the token has the permissions of an administrator of the workspaces. */
  isAdmin: boolean;
}

/** The requests about runs. The plan and the apply of a run have the id of the run. */
export function runRoutes(runs: Runs, { url, isAdmin }: RunRoutesOptions): Routes {
  const show = (run: RemoteRun) => one(runResource(run), [workspaceResource(run.workspace), planResource(run, url)]);
  const showConfiguration = (configuration: Configuration) => one(configurationResource(configuration, url));
  return {
    "POST /api/v2/workspaces/:id/configuration-versions": ({ data }) =>
      showConfiguration(runs.createConfiguration(data.attributes.speculative)),
    "PUT /files/configurations/:id": ({ id, body }) => {
      runs.unpack(id, body);
      return undefined;
    },
    "GET /api/v2/configuration-versions/:id": ({ id }) => showConfiguration(runs.configuration(id)),
    "GET /api/v2/configuration-versions/:id/download": ({ id }) => existing(runs.configuration(id).archive),
    "POST /api/v2/runs": ({ data }) => show(runs.create(data)),
    "GET /api/v2/runs/:id": ({ id, query }) => {
      if (query.get("include") === "task_stages") runs.applyShownPlan(id);
      return show(runs.get(id));
    },
    "POST /api/v2/runs/:id/actions/apply": ({ id }) => show(runs.applySavedPlan(id)),
    "POST /api/v2/runs/:id/actions/discard": ({ id }) => show(runs.discard(id)),
    // Terraform prints the warnings among them.
    "GET /api/v2/runs/:id/run-events": () => list([]),
    "GET /api/v2/plans/:id": ({ id }) => one(planResource(runs.get(id), url)),
    "GET /files/plans/:id": ({ id, query }) => partOf(runs.get(id).plan.log, query),
    "GET /api/v2/plans/:id/json-output": ({ id }) => existing(isAdmin ? runs.get(id).planJson : undefined),
    "GET /api/v2/plans/:id/json-output-redacted": ({ id }) => redacted(existing(runs.get(id).planJson)),
    "GET /api/v2/applies/:id": ({ id }) => one(applyResource(runs.get(id), url)),
    "GET /files/applies/:id": ({ id, query }) => partOf(runs.get(id).apply.log, query),
  };
}

/** Terraform reads a log in parts while it grows. */
function partOf(log: string, query: URLSearchParams): Buffer {
  const offset = Number(query.get("offset"));
  return Buffer.from(log).subarray(offset, offset + Number(query.get("limit")));
}

function configurationResource({ id, isUploaded }: Configuration, url: string): Resource {
  const attributes = { status: isUploaded ? "uploaded" : "pending", "upload-url": `${url}/files/configurations/${id}` };
  return { id, type: "configuration-versions", attributes };
}

function runResource({ id, status, hasChanges, workspace, configurationId, createdAt }: RemoteRun): Resource {
  const relationships = {
    workspace: relationTo({ id: workspace.name, type: "workspaces" }),
    plan: relationTo({ id, type: "plans" }),
    apply: relationTo({ id, type: "applies" }),
    "configuration-version": relationTo({ id: configurationId, type: "configuration-versions" }),
  };
  const actions = { "is-confirmable": status === "planned_and_saved" };
  const attributes = { status, "has-changes": hasChanges, "created-at": createdAt, actions };
  return { id, type: "runs", attributes, relationships };
}

function planResource({ id, plan, hasChanges }: RemoteRun, url: string): Resource {
  const attributes = { status: plan.status, "has-changes": hasChanges, "log-read-url": `${url}/files/plans/${id}` };
  return { id, type: "plans", attributes };
}

function applyResource({ id, apply }: RemoteRun, url: string): Resource {
  return { id, type: "applies", attributes: { status: apply.status, "log-read-url": `${url}/files/applies/${id}` } };
}
