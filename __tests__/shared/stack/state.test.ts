import { Testing } from "cdktf";
import { resourceNamePattern } from "../../../shared/naming";
import { domainClass, project, stackProps, synthDomain, testApp } from "../../harness/synth";

/** Creates a stack of a project whose `state` in project.config.ts is this. */
function createStack(state: object) {
  const Stack = domainClass(() => {});
  return new Stack(testApp(), "sample", { ...stackProps(), project: { ...project, state: state as typeof project.state } });
}

test("the state `local` is a file in the folder .state of the clone", () => {
  const { terraform } = synthDomain(() => {}).json;
  expect(terraform.backend).toEqual({ local: { path: "../../../.state/sample-int.tfstate", workspace_dir: "../../../.state/sample-int" } });
});

describe("the state `s3`", () => {
  const backendOf = (state: object) => JSON.parse(Testing.synth(createStack(state))).terraform.backend.s3;

  test("is a key of its own for each stack, in the bucket of the environment's account", () => {
    expect(backendOf({ kind: "s3" })).toMatchObject({
      bucket: "shop-int-state-111111111111",
      key: "state/sample.tfstate",
      region: "eu-west-1",
    });
  });

  test("is encrypted, locked by an object beside it, and refused to credentials of another account", () => {
    expect(backendOf({ kind: "s3" })).toMatchObject({ encrypt: true, use_lockfile: true, allowed_account_ids: ["111111111111"] });
  });

  test("is encrypted with the key of each account if the alias of one is configured", () => {
    const key = "arn:aws:kms:eu-west-1:111111111111:alias/terraform-state";
    expect(backendOf({ kind: "s3", kmsKeyAlias: "alias/terraform-state" }).kms_key_id).toBe(key);
    expect(backendOf({ kind: "s3" }).kms_key_id).toBeUndefined();
  });

  test("is in a bucket that no lambda can reach, because the pattern of the boundary does not match its name", () => {
    const pattern = resourceNamePattern({ project: "shop", environment: "int" }).replaceAll("*", ".*");
    expect("shop-int-state-111111111111").not.toMatch(new RegExp(`^${pattern}$`));
    expect("shop-orders-int-state").toMatch(new RegExp(`^${pattern}$`));
  });
});

describe("the state `hcp`", () => {
  const cloudOf = (state: object) =>
    JSON.parse(Testing.synth(createStack({ kind: "hcp", organization: "team", hostname: "app.terraform.io", ...state }))).terraform;

  test("is a workspace of its own for each stack, named after project, domain and environment", () => {
    const { cloud, backend } = cloudOf({});
    expect(cloud).toEqual({ organization: "team", hostname: "app.terraform.io", workspaces: { name: "shop-sample-int" } });
    expect(backend).toBeUndefined();
  });

  test("can be on another server with the same protocol", () => {
    expect(cloudOf({ hostname: "tfe.example.com" }).cloud.hostname).toBe("tfe.example.com");
  });
});

test("the backend depends on the configuration: a kind of state without a backend is rejected", () => {
  expect(() => createStack({ kind: "local" })).not.toThrow();
  expect(() => createStack({ kind: "floppy" })).toThrow('shared/stack/state.ts has no backend for state.kind "floppy".');
});
