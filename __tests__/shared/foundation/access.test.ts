import { Testing } from "cdktf";
import { Access } from "../../../shared/foundation/access";
import { loadProject } from "../../../shared/stack/config";
import { config, int, type Json, live, resource, resources, stackProps, testApp } from "../../harness/synth";

const PROVIDER = "aws_iam_openid_connect_provider";
const HCP = { kind: "hcp", organization: "team" };

/** The stack `access` of an environment. */
function synth(environment: "int" | "live", state: object, accountOfLive = live.account): Json {
  const project = loadProject({ ...config, state, environments: [int, { ...live, account: accountOfLive }] });
  const found = project.environments.find(({ name }) => name === environment);
  if (!found) throw new Error(`no environment ${environment}`);
  return JSON.parse(Testing.synth(new Access(testApp(), "access", { ...stackProps(), project, environment: found })));
}

test("with runs on HCP Terraform, AWS trusts its tokens, and only those for AWS", () => {
  expect(resource(synth("int", HCP), PROVIDER)).toMatchObject({
    url: "https://app.terraform.io",
    client_id_list: ["aws.workload.identity"],
  });
  expect(resource(synth("int", { ...HCP, hostname: "tfe.example.com" }), PROVIDER).url).toBe("https://tfe.example.com");
});

test("nobody is trusted where Terraform does not run on a server", () => {
  for (const state of [{ ...HCP, execution: "local" }, { kind: "s3" }]) expect(resources(synth("int", state), PROVIDER)).toEqual([]);
});

describe("of two environments in one account", () => {
  test("the first one has the provider, because an account has only one for each address", () => {
    expect(resources(synth("int", HCP, int.account), PROVIDER)).toHaveLength(1);
    expect(resources(synth("live", HCP, int.account), PROVIDER)).toEqual([]);
  });

  test("the first one cannot be destroyed while the other is configured", () => {
    expect(resource(synth("int", HCP, int.account), PROVIDER).lifecycle).toEqual({ prevent_destroy: true });
  });
});

test("an environment with an account of its own has its own provider, and can be destroyed", () => {
  for (const environment of ["int", "live"] as const) expect(resource(synth(environment, HCP), PROVIDER).lifecycle).toBeUndefined();
});
