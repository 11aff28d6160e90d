import { Access } from "../../../../shared/foundation/access";
import { trustPolicy } from "../../../../shared/foundation/roles/trust-policy";
import type { DeployPhase } from "../../../../shared/naming";
import { loadProject } from "../../../../shared/stack/config";
import { config, type Json, stackProps, testApp } from "../../../harness/synth";

const HCP = { kind: "hcp", organization: "team" };
const GITHUB = "token.actions.githubusercontent.com";
const PHASES: DeployPhase[] = ["plan", "apply", "smoke"];

/** The statements that say who may use a role of orders. */
function trusted(environment: "int" | "live", phase: DeployPhase, changes: object = {}): Json[] {
  const project = loadProject({ ...config, ...changes });
  const found = project.environments.find(({ name }) => name === environment);
  const stack = new Access(testApp(), "access", { ...stackProps(), project, environment: found ?? stackProps().environment });
  const policy = trustPolicy(stack, { project: "shop", domain: "orders", environment }, phase) as Json;
  return policy?.Statement ?? [];
}

const conditionsOf = (...args: Parameters<typeof trusted>): Json => trusted(...args)[0].Condition.StringEquals;

describe("GitHub Actions", () => {
  test("applies from the GitHub environment of the stack, on the main branch, with the pipeline's file of that branch", () => {
    expect(trusted("int", "apply")).toEqual([
      {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${GITHUB}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${GITHUB}:aud`]: "sts.amazonaws.com",
            [`${GITHUB}:sub`]: ["repo:example/shop:environment:orders-int", "repo:example@1234/shop@5678:environment:orders-int"],
            [`${GITHUB}:repository_id`]: "5678",
            [`${GITHUB}:ref`]: "refs/heads/main",
            [`${GITHUB}:job_workflow_ref`]: "example/shop/.github/workflows/pipeline.yml@refs/heads/main",
          },
        },
      },
    ]);
  });

  test("sends test events under the same conditions", () => {
    expect(trusted("int", "smoke")).toEqual(trusted("int", "apply"));
  });

  test("plans in an environment that waits for no approval, too", () => {
    expect(conditionsOf("live", "plan")[`${GITHUB}:sub`]).toEqual([
      "repo:example/shop:environment:orders-live",
      "repo:example/shop:environment:orders-live-plan",
      "repo:example@1234/shop@5678:environment:orders-live",
      "repo:example@1234/shop@5678:environment:orders-live-plan",
    ]);
  });

  test("plans for pull requests, whose branch is the author's, in the first environment only", () => {
    const keysOf = (environment: "int" | "live") =>
      Object.keys(conditionsOf(environment, "plan")).map((key) => key.replace(`${GITHUB}:`, ""));
    expect(keysOf("int")).toEqual(["aud", "sub", "repository_id"]);
    expect(keysOf("live")).toEqual(["aud", "sub", "repository_id", "ref", "job_workflow_ref"]);
  });

  test("deploys the branch that is configured", () => {
    const github = { ...config.github, mainBranch: "trunk" };
    expect(conditionsOf("int", "apply", { github })).toMatchObject({
      [`${GITHUB}:ref`]: "refs/heads/trunk",
      [`${GITHUB}:job_workflow_ref`]: expect.stringMatching(/@refs\/heads\/trunk$/),
    });
  });
});

describe("HCP Terraform with remote execution", () => {
  const remote = { github: undefined, state: HCP };
  const run = (phase: string, project = "Default Project") =>
    `organization:team:project:${project}:workspace:shop-orders-int:run_phase:${phase}`;

  test("plans and applies in the workspace of the stack, each phase of a run with its own role", () => {
    for (const phase of ["plan", "apply"] as const) {
      expect(conditionsOf("int", phase, remote)).toEqual({
        "app.terraform.io:aud": "aws.workload.identity",
        "app.terraform.io:sub": run(phase),
      });
    }
  });

  test("sends no test events", () => {
    expect(trusted("int", "smoke", remote)).toEqual([]);
  });

  test("runs in the project that is configured", () => {
    const state = { ...HCP, project: "Web shop" };
    expect(conditionsOf("int", "apply", { ...remote, state })["app.terraform.io:sub"]).toBe(run("apply", "Web shop"));
  });

  test("takes the right to apply from the workflows, which then only plan and send test events", () => {
    const issuersOf = (phase: DeployPhase) =>
      trusted("int", phase, { state: HCP }).map(({ Principal }) => Principal.Federated.split("/").at(-1));
    expect(PHASES.map(issuersOf)).toEqual([[GITHUB, "app.terraform.io"], ["app.terraform.io"], [GITHUB]]);
  });
});

test("every condition compares whole values, and a claim that is absent never counts as fulfilled", () => {
  for (const state of [HCP, { kind: "s3" }]) {
    for (const phase of PHASES) {
      for (const { Condition } of [...trusted("int", phase, { state }), ...trusted("live", phase, { state })]) {
        expect(Object.keys(Condition)).toEqual(["StringEquals"]);
        expect(JSON.stringify(Condition)).not.toContain("*");
      }
    }
  }
});

describe("a subject that would match more than one repository, workspace or environment is an invalid value", () => {
  test.each([
    ["a wildcard in the repository", { repository: "example/*" }],
    ["a repository without an owner", { repository: "/shop" }],
    ["a wildcard for the branch", { github: { ...config.github, mainBranch: "*" } }],
    ["an empty branch", { github: { ...config.github, mainBranch: "" } }],
    ["an empty id", { github: { ...config.github, repositoryId: "" } }],
    ["a wildcard for an id", { github: { ...config.github, ownerId: "*" } }],
    ["a wildcard in the organization", { state: { ...HCP, organization: "te*" } }],
    ["a wildcard in the project of HCP Terraform", { state: { ...HCP, project: "Web*" } }],
    ["an empty project of HCP Terraform", { state: { ...HCP, project: "" } }],
  ])("%s", (_, changes) => {
    expect(() => loadProject({ ...config, ...changes })).toThrow(/project\.config\.ts has 1 invalid value/);
  });

  test("a wildcard among the operators", () => {
    const environments = [{ ...config.environments[0], operators: ["arn:aws:iam::111111111111:role/*"] }, config.environments[1]];
    expect(() => loadProject({ ...config, environments })).toThrow(/operators\[0\].*without wildcards/s);
  });
});
