import { Testing } from "cdktf";
import { Access } from "../../../shared/foundation/access";
import { loadProject } from "../../../shared/stack/config";
import { listFindings } from "../../../shared/stack/findings";
import { config, int, type Json, live, resource, resources, stackProps, testApp } from "../../harness/synth";

const PROVIDER = "aws_iam_openid_connect_provider";
const HCP = { kind: "hcp", organization: "team" };
const NOBODY = { github: undefined };

/** The stack `access` of an environment. */
function synth(environment: "int" | "live", changes: object = {}, ofLive: object = {}): { json: Json; findings: string[] } {
  const project = loadProject({ ...config, ...changes, environments: [int, { ...live, ...ofLive }] });
  const found = project.environments.find(({ name }) => name === environment);
  if (!found) throw new Error(`no environment ${environment}`);
  const app = testApp();
  const stack = new Access(app, "access", { ...stackProps(), project, environment: found });
  return { findings: listFindings(app), json: JSON.parse(Testing.synth(stack)) };
}

const providersOf = (...args: Parameters<typeof synth>): Json[] => resources(synth(...args).json, PROVIDER);

describe("AWS accepts the tokens", () => {
  test("of GitHub Actions, and only those for AWS", () => {
    expect(providersOf("int")).toMatchObject([
      { url: "https://token.actions.githubusercontent.com", client_id_list: ["sts.amazonaws.com"] },
    ]);
  });

  test("of HCP Terraform where it runs Terraform, and only those for AWS", () => {
    const hcp = { client_id_list: ["aws.workload.identity"] };
    expect(providersOf("int", { ...NOBODY, state: HCP })).toMatchObject([{ url: "https://app.terraform.io", ...hcp }]);
    const own = { ...HCP, hostname: "tfe.example.com" };
    expect(providersOf("int", { ...NOBODY, state: own })).toMatchObject([{ url: "https://tfe.example.com", ...hcp }]);
  });

  test("of nobody where Terraform runs on the machines of people only", () => {
    for (const state of [{ ...HCP, execution: "local" }, { kind: "s3" }]) expect(providersOf("int", { ...NOBODY, state })).toEqual([]);
  });

  test("without a provider of its own where the account has one already", () => {
    const { json } = synth("live", {}, { existingOidcProviders: ["token.actions.githubusercontent.com"] });
    expect(resources(json, PROVIDER)).toEqual([]);
    expect(resources(json, "aws_iam_role").map(({ name }) => name)).toEqual(["shop-live-shared-apply", "shop-live-shared-plan"]);
  });
});

describe("of two environments in one account", () => {
  const sameAccount = { account: int.account };

  test("the first one has the provider, because an account has only one for each address", () => {
    expect(providersOf("int", {}, sameAccount)).toHaveLength(1);
    expect(providersOf("live", {}, sameAccount)).toEqual([]);
  });

  test("the first one cannot be destroyed while the other is configured", () => {
    expect(providersOf("int", {}, sameAccount)[0].lifecycle).toEqual({ prevent_destroy: true });
  });
});

test("an environment with an account of its own has its own provider, and can be destroyed", () => {
  for (const environment of ["int", "live"] as const) expect(providersOf(environment)[0].lifecycle).toBeUndefined();
});

test("the roles of the foundation are here, below the path that no other role may change, and carry the boundary", () => {
  const { json } = synth("int");
  for (const role of resources(json, "aws_iam_role")) {
    expect(role).toMatchObject({ path: "/shop/int/access/", permissions_boundary: `\${aws_iam_policy.deploy-boundary.arn}` });
  }
});

describe("the stack is needed", () => {
  const isNeeded = (changes: object, ofEnvironment: object = {}) =>
    Access.isNeeded({ project: loadProject({ ...config, ...changes }), environment: { ...stackProps().environment, ...ofEnvironment } });

  test("if GitHub Actions or HCP Terraform deploys, or if there are operators", () => {
    expect(isNeeded({})).toBe(true);
    expect(isNeeded({ ...NOBODY, state: HCP })).toBe(true);
    expect(isNeeded(NOBODY, { operators: ["arn:aws:iam::111111111111:role/team"] })).toBe(true);
  });

  test("not if people deploy with credentials of their own", () => {
    expect(isNeeded(NOBODY)).toBe(false);
    expect(isNeeded({ ...NOBODY, state: { ...HCP, execution: "local" } })).toBe(false);
  });
});

describe("the repository of the template, whose name a stranger could own,", () => {
  const SAMPLE = { repository: "your-organization/your-repository" };
  const IDS = { github: { ownerId: "0", repositoryId: "5678" } };
  const own = { account: "333333333333" };

  test.each([
    ["the name", SAMPLE],
    ["an id", IDS],
  ])("is a finding in an account of your own: %s", (_, changes) => {
    expect(synth("live", changes, own).findings).toEqual([
      expect.stringMatching(
        /the account of live is 333333333333, but repository or the ids in github are still those of the template.*npm run bootstrap -- live/s,
      ),
    ]);
  });

  test("is accepted in the accounts of the template, which nobody can deploy to", () => {
    expect(synth("live", { ...SAMPLE, ...IDS }).findings).toEqual([]);
  });

  test("does not matter if no workflow deploys", () => {
    expect(synth("live", { ...SAMPLE, ...NOBODY }, own).findings).toEqual([]);
  });
});

describe("the role of the operators", () => {
  const people = [
    "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Operators_0123",
    "arn:aws:iam::111111111111:user/ada",
  ];
  const { json, findings } = synth("live", NOBODY, { operators: people });
  const role = resource(json, "aws_iam_role");
  const statements: Json[] = JSON.parse(resource(json, "aws_iam_role_policy").policy).Statement;
  const allows = (action: string) => statements.some(({ Action }) => [Action].flat().includes(action));

  test("can be used by those that the configuration names", () => {
    expect(findings).toEqual([]);
    expect(role.name).toBe("shop-live-operator");
    expect(JSON.parse(role.assume_role_policy).Statement[0].Principal).toEqual({ AWS: people });
  });

  test("has what redrive, secret and logs need", () => {
    for (const action of ["sqs:ReceiveMessage", "lambda:InvokeFunction", "ssm:PutParameter", "logs:FilterLogEvents"])
      expect(allows(action)).toBe(true);
  });

  test("can write a secret, and not read it", () => {
    expect(statements.find(({ Action }) => Action === "ssm:PutParameter" || Action.includes("ssm:PutParameter"))?.Resource).toContain(
      "arn:aws:ssm:eu-west-1:222222222222:parameter/shop/live/*/secret/*",
    );
    expect(JSON.stringify(statements)).not.toMatch(/ssm:GetParameter/);
  });

  test("changes no infrastructure and no permissions", () => {
    expect(JSON.stringify(statements)).not.toMatch(/iam:|:Create|:Delete(?!Message)|:Update|:Tag/);
  });
});
