import { Testing } from "cdktf";
import { Access } from "../../../shared/foundation/access";
import { Foundation } from "../../../shared/foundation/foundation";
import { Workspaces } from "../../../shared/foundation/workspaces";
import { type HcpState, loadProject } from "../../../shared/stack/config";
import { config, domainClass, type Json, live, resources, stackProps, testApp } from "../../harness/synth";

/** The stack `workspaces` of a project with the domain `sample` in two environments. */
function synth(changes: object = {}): Json {
  const project = loadProject({ ...config, state: { kind: "hcp", organization: "team", ...changes } });
  const app = testApp();
  for (const environment of [stackProps().environment, live]) {
    new Access(app, "access", { ...stackProps(), project, environment });
    new Foundation(app, "shared", { ...stackProps(), project, environment });
    new (domainClass(() => {}))(app, "sample", { ...stackProps(), project, environment });
  }
  return JSON.parse(Testing.synth(new Workspaces(app, project, project.state as HcpState)));
}

const json = synth();
const workspace = json.resource.tfe_workspace["sample-int"];

test("every stack of every environment has a workspace, named after project, domain and environment", () => {
  expect(resources(json, "tfe_workspace").map(({ name }) => name)).toEqual([
    "shop-access-int",
    "shop-access-live",
    "shop-sample-int",
    "shop-sample-live",
    "shop-shared-int",
    "shop-shared-live",
  ]);
});

test("a workspace that has resources outlives the removal of its domain", () => {
  for (const { force_delete } of resources(json, "tfe_workspace")) expect(force_delete).toBe(false);
});

test("a workspace has no other project's state, and applies nothing by itself", () => {
  expect(workspace).toMatchObject({ global_remote_state: false, auto_apply: false });
});

test("a workspace runs a version of Terraform that the project supports", () => {
  expect(workspace.terraform_version).toBe("~> 1.10");
});

test("a workspace has tag names, which every server knows, and key/value tags only where they are chosen", () => {
  expect(workspace.tag_names).toEqual(["shop", "sample", "int"]);
  expect(workspace.tags).toBeUndefined();
  const tags = { project: "shop", domain: "sample", environment: "int" };
  expect(synth({ keyValueTags: true }).resource.tfe_workspace["sample-int"].tags).toEqual(tags);
});

test("a workspace is in the default project of the organization, or in the one that is configured", () => {
  expect([workspace.project_id, json.data]).toEqual([undefined, undefined]);
  const inProject = synth({ project: "Web shop" });
  expect(inProject.data.tfe_project.project.name).toBe("Web shop");
  expect(inProject.resource.tfe_workspace["sample-int"].project_id).toBe(`\${data.tfe_project.project.id}`);
});

describe("with remote execution", () => {
  test("Terraform runs on the server", () => {
    expect(json.resource.tfe_workspace_settings["sample-int-settings"]).toMatchObject({
      workspace_id: `\${tfe_workspace.sample-int.id}`,
      execution_mode: "remote",
    });
  });

  test("each run gets AWS credentials of its own: of the plan role or of the apply role of its domain", () => {
    const variables = resources(json, "tfe_variable").filter(({ workspace_id }) => workspace_id === `\${tfe_workspace.sample-live.id}`);
    expect(variables.map(({ key, value, category }) => [category, key, value])).toEqual([
      ["env", "TFC_AWS_APPLY_ROLE_ARN", "arn:aws:iam::222222222222:role/shop/live/shared/shop-live-sample-apply"],
      ["env", "TFC_AWS_PLAN_ROLE_ARN", "arn:aws:iam::222222222222:role/shop/live/shared/shop-live-sample-plan"],
      ["env", "TFC_AWS_PROVIDER_AUTH", "true"],
    ]);
  });
});

test("an administrator applies the stack that says who is trusted: its workspace has the state only", () => {
  expect(json.resource.tfe_workspace_settings["access-int-settings"].execution_mode).toBe("local");
  expect(resources(json, "tfe_variable").filter(({ workspace_id }) => workspace_id.includes("access-int"))).toEqual([]);
});

test("with local execution, the server has the state only, and no credentials", () => {
  const local = synth({ execution: "local" });
  expect(local.resource.tfe_workspace_settings["sample-int-settings"].execution_mode).toBe("local");
  expect(local.resource.tfe_variable).toBeUndefined();
});

describe("the state of the stack itself", () => {
  test("is in a workspace of its own by default", () => {
    expect(json.terraform.cloud).toMatchObject({ organization: "team", workspaces: { name: "shop-workspaces" } });
  });

  test("can be in the state bucket of the first environment, which stays the first when others are added", () => {
    const { backend, cloud } = synth({ workspacesState: "s3" }).terraform;
    expect(backend.s3).toMatchObject({ bucket: "shop-int-state-111111111111", key: "state/workspaces.tfstate", use_lockfile: true });
    expect(cloud).toBeUndefined();
  });
});

test("no token is in the stack: the provider and Terraform have it from Terraform's login or from a variable", () => {
  expect(json.provider.tfe).toEqual([{ hostname: "app.terraform.io", organization: "team" }]);
  expect(JSON.stringify(json)).not.toContain('"token"');
});

test("the provider can be any version with everything that the stack uses, and not only the one of the bindings", () => {
  expect(json.terraform.required_providers.tfe).toEqual({ source: "hashicorp/tfe", version: "~> 0.71" });
});
