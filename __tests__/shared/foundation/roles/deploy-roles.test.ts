import { AthenaWorkgroup } from "@cdktf/provider-aws/lib/athena-workgroup";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { Testing } from "cdktf";
import { Access } from "../../../../shared/foundation/access";
import { Foundation } from "../../../../shared/foundation/foundation";
import { loadProject } from "../../../../shared/stack/config";
import { listFindings } from "../../../../shared/stack/findings";
import { config, domainClass, type Json, resources, stackProps, synthFoundation, testApp } from "../../../harness/synth";

const { json, findings } = synthFoundation({}, { orders: () => {}, ledger: () => {} });
const roleOf = (name: string): Json => resources(json, "aws_iam_role").find((each) => each.name === name);

test("the foundation has a plan, an apply and a smoke role for each domain, each with one policy", () => {
  expect(findings).toEqual([]);
  const names = ["ledger", "orders"].flatMap((domain) => ["apply", "plan", "smoke"].map((phase) => `shop-int-${domain}-${phase}`));
  expect(resources(json, "aws_iam_role").map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  expect(Object.keys(json.resource.aws_iam_role_policy).filter((id) => id.includes("-deploy_"))).toHaveLength(names.length);
});

test("they are below the path of the foundation, and carry the boundary that only an administrator can change", () => {
  expect(roleOf("shop-int-orders-apply")).toMatchObject({
    path: "/shop/int/shared/",
    permissions_boundary: "arn:aws:iam::111111111111:policy/shop-access-int-deploy-boundary",
  });
});

test("a domain's boundary is made after its roles: a domain that can read its boundary can be deployed under them", () => {
  const roles = Object.keys(json.resource.aws_iam_role_policy).filter((id) => id.startsWith("orders-deploy_"));
  expect(json.resource.aws_iam_policy["orders-boundary"].depends_on).toEqual(
    expect.arrayContaining(roles.map((id) => `aws_iam_role_policy.${id}`)),
  );
});

test("the name of no deploy role has the form of the names that a domain's roles may change", () => {
  for (const { name } of resources(json, "aws_iam_role").filter((each) => /-(plan|apply|smoke)$/.test(each.name))) {
    expect(name).not.toMatch(/^shop-[a-z-]+-int-/);
  }
});

test("Terraform passes a variable of IAM on to AWS, and does not evaluate it", () => {
  const policies = Object.values<Json>(json.resource.aws_iam_role_policy).map(({ policy }) => policy);
  expect(policies.some((policy) => policy.includes("$${*}"))).toBe(true);
  expect(policies.some((policy) => /(?<!\$)\$\{\*\}/.test(policy))).toBe(false);
});

test("without GitHub Actions and HCP Terraform, there are no deploy roles", () => {
  const app = testApp();
  const props = { ...stackProps(), project: loadProject({ ...config, github: undefined }) };
  new (domainClass(() => {}))(app, "orders", props);
  const alone: Json = JSON.parse(Testing.synth(new Foundation(app, "shared", props)));
  expect(resources(alone, "aws_iam_role").map(({ name }) => name)).toEqual(["shop-shared-int-flow-log"]);
});

describe("a type of resource that the deploy roles have no permissions for is a finding that names the file", () => {
  test("in a domain", () => {
    const found = synthFoundation(
      {},
      { orders: (stack) => void new AthenaWorkgroup(stack, "group", { name: "shop-orders-int-group" }) },
    ).findings;
    expect(found).toEqual([
      expect.stringMatching(
        /orders-int.*no permissions for aws_athena_workgroup\. Add a row for it to shared\/foundation\/roles\/permissions\.ts/s,
      ),
    ]);
  });

  test("also for a data source", () => {
    const found = synthFoundation({}, { orders: (stack) => void new DataAwsCallerIdentity(stack, "me") }).findings;
    expect(found).toEqual([expect.stringContaining("no permissions for data.aws_caller_identity")]);
  });
});

describe("documents that IAM would reject because of their length", () => {
  /** The findings of a project whose names are as long as they can be, and whose state is in S3. */
  function findingsFor(domain: string, changes: object = {}): string[] {
    const project = loadProject({
      ...config,
      name: "p".repeat(20),
      region: "ap-southeast-1",
      repository: `${"o".repeat(39)}/${"r".repeat(100)}`,
      github: { ownerId: "9".repeat(10), repositoryId: "9".repeat(10) },
      state: { kind: "s3", kmsKeyAlias: "alias/terraform-state" },
      ...changes,
    });
    const environment = { ...stackProps().environment, name: "e".repeat(8) };
    const app = testApp();
    new (domainClass(() => {}))(app, domain, { ...stackProps(), project, environment });
    new Foundation(app, "shared", { ...stackProps(), project, environment });
    new Access(app, "access", { ...stackProps(), project, environment });
    return listFindings(app);
  }

  test("do not occur with the longest names of projects, environments and repositories, and a domain of 18 characters", () => {
    expect(findingsFor("d".repeat(18))).toEqual([]);
  });

  test("are findings with the numbers, if the names are too long together", () => {
    expect(findingsFor("d".repeat(80))).toContainEqual(
      expect.stringMatching(
        /the permissions of the role \S+-apply has \d+ characters, and IAM allows 10240\. Shorten the project's or the domain's name/,
      ),
    );
  });

  test("a trust policy, too", () => {
    const state = {
      kind: "hcp",
      organization: "o".repeat(40),
      project: "p".repeat(40),
      hostname: `${"h".repeat(60)}.${"h".repeat(60)}.example.com`,
    };
    expect(findingsFor("d".repeat(20), { state })).toContainEqual(
      expect.stringMatching(/the trust policy of the role \S+-plan has \d+ characters, and IAM allows 2048/),
    );
  });
});
