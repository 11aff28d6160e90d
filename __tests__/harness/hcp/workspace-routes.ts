import { parseJson } from "../../../scripts/cli/json";
import type { Json } from "../synth";
import { existing, list, one, type Resource, type Routes, relationTo } from "./documents";
import { userHolder, type Workspace, type Workspaces } from "./workspaces";

/** The user to whom the token belongs. For the server, every Terraform is this user. */
const TOKEN_USER = userHolder("token-user");

/** The requests about workspaces and their locks. */
export function workspaceRoutes(workspaces: Workspaces): Routes {
  const show = (workspace: Workspace) => one(workspaceResource(workspace), workspace.lock && [workspace.lock.holder]);
  return {
    "GET /api/v2/organizations/team/workspaces/:id": ({ id }) => show(workspaces.get(id)),
    // Terraform leaves the execution mode to the organization, whose default is remote.
    "POST /api/v2/organizations/team/workspaces": ({ data }) => show(workspaces.create(data.attributes.name, "remote")),
    // Terraform sets its own version in a workspace that it has created. Here, any version may use it.
    "PATCH /api/v2/workspaces/:id": ({ id }) => show(workspaces.get(id)),
    "POST /api/v2/workspaces/:id/actions/lock": ({ id }) => show(workspaces.lock(id, { holder: TOKEN_USER })),
    "POST /api/v2/workspaces/:id/actions/unlock": ({ id }) => {
      workspaces.requireLock(id, TOKEN_USER);
      return show(workspaces.unlock(id));
    },
  };
}

/**
 * The requests about states. HCP keeps all versions of a state. Here, there is only the latest one, with the id of its workspace.
 * @param url the address of the server
 */
export function stateRoutes(workspaces: Workspaces, url: string): Routes {
  const stateOf = (id: string) => existing(workspaces.stateOf(id));
  const show = (id: string) => one(stateResource(id, { url, state: workspaces.stateOf(id) }));
  return {
    // Terraform announces a state, and sends it to the address in the answer.
    "POST /api/v2/workspaces/:id/state-versions": ({ id }) => {
      workspaces.requireLock(id, TOKEN_USER);
      return show(id);
    },
    "PUT /files/states/:id": ({ id, body }) => {
      workspaces.writeState(id, body);
      return undefined;
    },
    // Terraform also sends it as terraform show -json prints it. HCP needs that for its web pages.
    "PUT /files/json-states/:id": () => undefined,
    "GET /api/v2/state-versions/:id": ({ id }) => show(id),
    "GET /api/v2/workspaces/:id/current-state-version": ({ id }) => stateOf(id) && show(id),
    "GET /files/states/:id": ({ id }) => stateOf(id),
    "GET /api/v2/workspaces/:id/current-state-version-outputs": ({ id }) => list(outputResources(id, stateOf(id))),
    // Terraform asks for each sensitive output again, because HCP leaves its value out of the list.
    "GET /api/v2/state-version-outputs/:id": ({ id }) => {
      const [workspace = ""] = id.split(".");
      return one(existing(outputResources(workspace, stateOf(workspace)).find((output) => output.id === id)));
    },
  };
}

/** A workspace with the attributes that Terraform reads. */
export function workspaceResource({ name, execution, lock }: Workspace): Resource {
  const attributes = {
    name,
    "execution-mode": execution,
    "terraform-version": "latest",
    // The log of a run is text. Otherwise Terraform would ask for the schemas of all providers, which takes seconds.
    "structured-run-output-enabled": false,
    locked: lock !== undefined,
    "locked-reason": lock?.reason,
    permissions: { "can-update": true, "can-queue-run": true },
  };
  const relationships = { organization: relationTo({ id: "team", type: "organizations" }), "locked-by": lock && relationTo(lock.holder) };
  return { id: name, type: "workspaces", attributes, relationships };
}

function stateResource(id: string, { url, state }: { url: string; state: string | undefined }): Resource {
  const attributes = {
    serial: parseJson(state)?.serial,
    "hosted-state-download-url": `${url}/files/states/${id}`,
    "hosted-state-upload-url": `${url}/files/states/${id}`,
    "hosted-json-state-upload-url": `${url}/files/json-states/${id}`,
  };
  return { id, type: "state-versions", attributes };
}

function outputResources(workspace: string, state: string): Resource[] {
  const outputs: Record<string, Json> = JSON.parse(state).outputs;
  return Object.entries(outputs).map(([name, { value, type, sensitive }]) => ({
    id: `${workspace}.${name}`,
    type: "state-version-outputs",
    attributes: { name, value, sensitive, "detailed-type": type },
  }));
}
