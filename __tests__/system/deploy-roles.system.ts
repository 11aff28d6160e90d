import projectConfig from "../../project.config";
import { deploySession } from "../../scripts/local/deploy-session";
import { Foundation } from "../../shared/foundation/foundation";
import { deployPolicy } from "../../shared/foundation/roles/deploy-policy";
import type { DeployPhase } from "../../shared/naming";
import { loadProject } from "../../shared/stack/config";
import { administrator, type Clients, claimsFor, clientsOf, clientsOfRole, exchange } from "../harness/deploy-sessions";
import { runningSystem } from "../harness/running-system";
import { config, stackProps, testApp } from "../harness/synth";

const { settings, deadLetterQueueOf } = runningSystem();
const account = settings.credentials.accessKeyId;
const arn = (path: string) => `arn:aws:iam::${account}:${path}`;
const REFUSED = /not authorized to perform/;

async function deadLettersOf(domain: string): Promise<string> {
  return (await administrator.sqs.getQueueUrl({ QueueName: deadLetterQueueOf(domain) })).QueueUrl ?? "";
}

describe("a deploy role cannot", () => {
  let orders: Clients;
  let shared: Clients;
  const boundaryOf = (domain: string) => arn(`policy/shop-shared-int-${domain}-boundary`);
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  });
  const everything = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
  const newRole = { RoleName: "shop-orders-int-proof", Path: "/shop/int/orders/", AssumeRolePolicyDocument: trust };

  beforeAll(async () => {
    orders = await clientsOf("orders", "apply");
    shared = await clientsOf("shared", "apply");
  });

  const OWN = { RoleName: "shop-int-orders-apply" };
  test.each<[string, () => Promise<unknown>]>([
    ["give itself permissions", () => orders.iam.putRolePolicy({ ...OWN, PolicyName: "more", PolicyDocument: everything })],
    [
      "attach a policy of AWS to itself",
      () => orders.iam.attachRolePolicy({ ...OWN, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }),
    ],
    ["remove its boundary", () => orders.iam.deleteRolePermissionsBoundary(OWN)],
    ["replace its boundary", () => orders.iam.putRolePermissionsBoundary({ ...OWN, PermissionsBoundary: boundaryOf("orders") })],
    ["change who may use it", () => orders.iam.updateAssumeRolePolicy({ ...OWN, PolicyDocument: trust })],
    [
      "change the boundary of its domain",
      () => orders.iam.createPolicyVersion({ PolicyArn: boundaryOf("orders"), PolicyDocument: everything, SetAsDefault: true }),
    ],
    ["make a role without a boundary", () => orders.iam.createRole(newRole)],
    [
      "make a role with the boundary of another domain",
      () => orders.iam.createRole({ ...newRole, PermissionsBoundary: boundaryOf("ledger") }),
    ],
    [
      "make a role outside of its path",
      () => orders.iam.createRole({ ...newRole, Path: "/shop/int/ledger/", PermissionsBoundary: boundaryOf("orders") }),
    ],
    ["make a role without a path", () => orders.iam.createRole({ ...newRole, Path: "/", PermissionsBoundary: boundaryOf("orders") })],
    [
      "give another domain's role to a lambda",
      () =>
        orders.lambda.createFunction({
          FunctionName: "shop-orders-int-proof",
          Role: arn("role/shop/int/ledger/shop-ledger-int-announce-entry"),
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Code: { ZipFile: new Uint8Array() },
        }),
    ],
    [
      "tag another domain's queue as its own",
      async () => orders.sqs.tagQueue({ QueueUrl: await deadLettersOf("receipts"), Tags: { domain: "orders" } }),
    ],
    ["read another domain's secret", () => orders.ssm.getParameter({ Name: "/shop/int/receipts/secret/mailer-key", WithDecryption: true })],
    [
      "publish a contract of another domain",
      () => orders.ssm.putParameter({ Name: "/shop/int/ledger/v1/tableArn", Value: "x", Type: "String", Overwrite: true }),
    ],
    [
      "change its own permissions, if it deploys the foundation",
      () => shared.iam.putRolePolicy({ RoleName: "shop-int-shared-apply", PolicyName: "more", PolicyDocument: everything }),
    ],
    [
      "change who may deploy the foundation",
      () => shared.iam.updateAssumeRolePolicy({ RoleName: "shop-int-shared-apply", PolicyDocument: trust }),
    ],
    [
      "change the boundary of deploy roles",
      () =>
        shared.iam.createPolicyVersion({
          PolicyArn: arn("policy/shop-access-int-deploy-boundary"),
          PolicyDocument: everything,
          SetAsDefault: true,
        }),
    ],
    [
      "make a deploy role without that boundary",
      () => shared.iam.createRole({ ...newRole, RoleName: "shop-int-proof-apply", Path: "/shop/int/shared/" }),
    ],
    [
      "trust another issuer of tokens",
      () => shared.iam.createOpenIDConnectProvider({ Url: "https://login.example.com", ClientIDList: ["sts.amazonaws.com"] }),
    ],
    ["make a user", () => shared.iam.createUser({ UserName: "proof" })],
  ])("%s", async (_, attempt) => {
    await expect(attempt()).rejects.toThrow(REFUSED);
  });

  test("do more than its boundary allows, even if the foundation's apply role gives it every permission", async () => {
    const RoleName = "shop-int-orders-smoke";
    await shared.iam.putRolePolicy({ RoleName, PolicyName: "everything", PolicyDocument: everything });
    try {
      const smoke = await clientsOf("orders", "smoke");
      await smoke.sqs.getQueueAttributes({ QueueUrl: await deadLettersOf("receipts") });
      for (const attempt of [
        () => smoke.ssm.getParameter({ Name: "/shop/int/receipts/secret/mailer-key" }),
        () => smoke.iam.putRolePolicy({ RoleName: "shop-int-shared-apply", PolicyName: "more", PolicyDocument: everything }),
        () => smoke.iam.deleteRolePermissionsBoundary({ RoleName }),
        () => smoke.iam.createRole(newRole),
        () => smoke.iam.createUser({ UserName: "proof" }),
      ]) {
        await expect(attempt()).rejects.toThrow(REFUSED);
      }
    } finally {
      await shared.iam.deleteRolePolicy({ RoleName, PolicyName: "everything" });
    }
  });
});

describe("with the state in S3, a role", () => {
  // Of another project: the state of this one can be in its bucket, because another test moves it there.
  const Bucket = `proof-int-state-${account}`;
  const made: string[] = [];
  let apply: Clients;
  let planned: Clients;

  beforeAll(async () => {
    const { s3 } = administrator;
    await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
    for (const Key of ["state/orders.tfstate", "state/ledger.tfstate", "plans/main/ledger/1", "plans/pull-request/orders/1"]) {
      await s3.putObject({ Bucket, Key, Body: "{}" });
    }
    [apply, planned] = [await withPolicyFor("apply"), await withPolicyFor("plan")];
  });

  /** A session with the policy that a role of orders has if the state is in S3. */
  async function withPolicyFor(phase: DeployPhase): Promise<Clients> {
    const project = loadProject({ ...config, name: "proof", state: { kind: "s3" } });
    const stack = new Foundation(testApp(), "shared", { ...stackProps(), project });
    const policy = deployPolicy(stack, { project: "proof", domain: "orders", environment: "int" }, phase);
    const RoleName = `shop-int-proof-${phase}`;
    const trusted = { Effect: "Allow", Principal: { AWS: arn("root") }, Action: "sts:AssumeRole" };
    const { Role } = await administrator.iam.createRole({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trusted] }),
    });
    await administrator.iam.putRolePolicy({ RoleName, PolicyName: "permissions", PolicyDocument: JSON.stringify(policy) });
    made.push(RoleName);
    return clientsOfRole(Role?.Arn ?? "");
  }

  afterAll(async () => {
    for (const RoleName of made) {
      await administrator.iam.deleteRolePolicy({ RoleName, PolicyName: "permissions" });
      await administrator.iam.deleteRole({ RoleName });
    }
    const { Contents = [] } = await administrator.s3.listObjectsV2({ Bucket });
    for (const { Key } of Contents) await administrator.s3.deleteObject({ Bucket, Key });
    await administrator.s3.deleteBucket({ Bucket });
  });

  test("reads its own state, takes its own lock, and only the apply role writes the state", async () => {
    const own = { Bucket, Key: "state/orders.tfstate" };
    const lock = { Bucket, Key: "state/orders.tfstate.tflock", Body: "{}" };
    for (const { s3 } of [apply, planned]) {
      await s3.getObject(own);
      await s3.putObject({ ...lock, IfNoneMatch: "*" });
      await s3.deleteObject({ Bucket, Key: lock.Key });
    }
    await apply.s3.putObject({ ...own, Body: "{}" });
    await expect(planned.s3.putObject({ ...own, Body: "{}" })).rejects.toThrow(/not authorized|Access Denied/);
  });

  test.each(["state/ledger.tfstate", "plans/main/ledger/1"])("does not read %s of another domain", async (Key) => {
    for (const { s3 } of [apply, planned]) await expect(s3.getObject({ Bucket, Key })).rejects.toThrow(/not authorized|Access Denied/);
  });

  test("that applies does not read the plan of a pull request", async () => {
    const plan = { Bucket, Key: "plans/pull-request/orders/1" };
    await planned.s3.getObject(plan);
    await expect(apply.s3.getObject(plan)).rejects.toThrow(/not authorized|Access Denied/);
  });
});

describe("a token is refused", () => {
  const NOT_TRUSTED = /Not authorized|not authorized|InvalidIdentityToken|No OpenIDConnect|audience|Missing Authentication/;

  test("not if it has the claims of the pipeline", async () => {
    for (const phase of ["plan", "apply", "smoke"] as const) await exchange(phase, claimsFor(phase));
  });

  test.each<[string, Record<string, string>]>([
    ["of another repository", { sub: "repo:other/shop:environment:orders-int" }],
    ["of the GitHub environment of another domain", { sub: "repo:your-organization/your-repository:environment:ledger-int" }],
    ["of another environment", { sub: "repo:your-organization/your-repository:environment:orders-live" }],
    ["of a job without an environment", { sub: "repo:your-organization/your-repository:ref:refs/heads/main" }],
    ["of a repository that took over the name", { repository_id: "1" }],
    ["of another branch", { ref: "refs/heads/feature" }],
    ["of another workflow", { job_workflow_ref: "your-organization/your-repository/.github/workflows/other.yml@refs/heads/main" }],
    [
      "of the pipeline's file on another branch",
      { job_workflow_ref: "your-organization/your-repository/.github/workflows/pipeline.yml@refs/heads/feature" },
    ],
    ["for another audience", { aud: "other" }],
    ["of another issuer", { iss: "https://login.example.com" }],
  ])("%s", async (_, changed) => {
    await expect(exchange("apply", { ...claimsFor("apply"), ...changed })).rejects.toThrow(NOT_TRUSTED);
  });

  test.each(["sub", "repository_id", "ref", "job_workflow_ref", "aud"])("without the claim %s", async (claim) => {
    const { [claim]: _, ...claims } = claimsFor("apply");
    await expect(exchange("apply", claims)).rejects.toThrow(NOT_TRUSTED);
  });

  test("with another signature", async () => {
    await expect(exchange("apply", claimsFor("apply"), { secret: "forged" })).rejects.toThrow(NOT_TRUSTED);
  });

  test("of a pull request, for everything but the plan of the first environment", async () => {
    const { ref, job_workflow_ref, ...claims } = claimsFor("apply");
    const ofPullRequest = { ...claims, ref: "refs/pull/1/merge", job_workflow_ref: `${job_workflow_ref?.split("@")[0]}@refs/pull/1/merge` };
    await exchange("plan", ofPullRequest);
    for (const phase of ["apply", "smoke"] as const) await expect(exchange(phase, ofPullRequest)).rejects.toThrow(NOT_TRUSTED);
  });
});

test("a smoke role sends to the triggers of its own domain, and to no other", async () => {
  const { sqs } = await clientsOf("orders", "smoke");
  const own = await deadLettersOf("orders");
  await sqs.getQueueAttributes({ QueueUrl: own });
  await expect(sqs.sendMessage({ QueueUrl: await deadLettersOf("ledger"), MessageBody: "{}" })).rejects.toThrow(REFUSED);
  await expect(sqs.receiveMessage({ QueueUrl: own })).rejects.toThrow(REFUSED);
});

test("a domain whose roles do not exist yet is an error that says whose deployment makes them", async () => {
  const { run, stacks } = runningSystem();
  const orders = stacks.find(({ domain }) => domain === "orders");
  if (!orders) throw new Error("The artifact has no orders.");
  const unborn = { ...orders, domain: "unborn", stack: "unborn-int" };
  await expect(deploySession(run, loadProject(projectConfig), unborn, "apply")).rejects.toThrow(
    /gives no credentials for the role\/shop\/int\/shared\/shop-int-unborn-apply: .*\. A deployment of shared-int makes this role\./,
  );
});
