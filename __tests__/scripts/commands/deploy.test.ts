import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { runProcess } from "../../../scripts/cli/process";
import { fakeProgram } from "../../harness/fake-program";
import { providerMirror } from "../../harness/fake-terraform";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const command = join(temporaryFolder(), "deploy.js");
beforeAll(() => {
  const entryPoints = [join(__dirname, "../../../scripts/commands/deploy.ts")];
  buildSync({ entryPoints, outfile: command, bundle: true, platform: "node", logLevel: "error" });
});

test("with credentials of another account, the command calls only GetCallerIdentity, and fails", async () => {
  const asked: unknown[] = [];
  const sts = createServer((request, response) => {
    asked.push(request.headers["x-amz-target"] ?? "GetCallerIdentity");
    response.end(
      "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
    );
  });
  await new Promise<void>((ready) => void sts.listen(0, "127.0.0.1", ready));
  const secrets = [{ name: "mailer-key", parameter: "/shop/int/receipts/secret/mailer-key" }];
  const files = Object.entries(artifactFiles([stackOf("receipts-int", [], { secrets })]));
  const env = {
    PATH: process.env.PATH,
    LOCAL_AWS: "true",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(sts.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  const cwd = temporaryFolder(Object.fromEntries(files.map(([path, text]) => [`cdktf.out/${path}`, text])));
  const args = ["receipts-int", "--skip-synth", "--yes"];
  const { exitCode, stderr } = await runProcess(process.execPath, [command, ...args], { cwd, env });
  sts.close();
  expect([exitCode, asked]).toEqual([1, ["GetCallerIdentity"]]);
  expect(stderr).toContain("receipts-int is in account 111111111111, but your credentials belong to account 222222222222");
});

test("without a terminal to ask in, the command changes nothing unless it gets --yes", async () => {
  const { exitCode, stderr } = await runProcess(process.execPath, [command, "orders-int", "--skip-synth"], { cwd: temporaryFolder() });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("there is no terminal to ask in. Pass --yes.")]);
});

describe("in a shell for AWS itself", () => {
  // Every call of AWS goes to a server of this test. The command refuses the variables that would send it there.
  const preload = `const http = require("node:http"), https = require("node:https");
https.request = (options, done) => http.request({ ...options, protocol: "http:", host: "127.0.0.1", port: process.env.TEST_PORT, agent: undefined }, done);`;
  const identity =
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>333333333333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
  const aws = createServer((request, response) => {
    const target = String(request.headers["x-amz-target"] ?? "");
    if (target.startsWith("AmazonSSM.")) response.end(target.endsWith("GetParameters") ? '{"Parameters":[]}' : "{}");
    else if (request.method === "POST") response.end(identity);
    else response.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
  });
  beforeAll(() => new Promise<void>((ready) => void aws.listen(0, "127.0.0.1", ready)));
  afterAll(() => {
    aws.close();
  });

  /** Deploys a stack with this `terraform` block, whose plan creates a queue. */
  async function deploy(terraform: object, files: Record<string, string> = {}) {
    const artifact = {
      ...artifactFiles([stackOf("orders-int", [], { account: "333333333333" })]),
      "stacks/orders-int/cdk.tf.json": JSON.stringify({ terraform }),
    };
    const created = {
      address: "aws_sqs_queue.x",
      mode: "managed",
      type: "aws_sqs_queue",
      change: { actions: ["create"], before: null, after: {}, after_unknown: {} },
    };
    const { file } = fakeProgram(
      "terraform",
      `case "$1" in
version) echo '{"terraform_version":"1.11.4"}' ;;
plan) exit 2 ;;
show) echo '${JSON.stringify({ resource_changes: [created] })}' ;;
apply) echo applied >> applied ;;
esac`,
    );
    const cwd = temporaryFolder({
      ...Object.fromEntries(Object.entries(artifact).map(([path, text]) => [`cdktf.out/${path}`, text])),
      "preload.js": preload,
      ...files,
    });
    const env = {
      PATH: process.env.PATH,
      HOME: cwd,
      TERRAFORM_BINARY_NAME: file,
      TERRAFORM_PROVIDER_MIRROR: providerMirror(),
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      TEST_PORT: String((aws.address() as AddressInfo).port),
    };
    const args = ["--require", "./preload.js", command, "orders-int", "--skip-synth", "--yes"];
    return runProcess(process.execPath, args, { cwd, env });
  }
  const IN_S3 = { backend: { s3: { bucket: "shop-int-state-333333333333", key: "state/orders.tfstate", region: "eu-west-1" } } };

  test("a stack is deployed", async () => {
    const { exitCode, stdout } = await deploy(IN_S3);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("orders-int: unchanged")]);
  });

  test("a stack whose state was not moved yet is refused", async () => {
    const state = JSON.stringify({ resources: [{ mode: "managed" }] });
    const { exitCode, stdout, stderr } = await deploy(IN_S3, { ".state/orders-int.tfstate": state });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("orders-int: .state/orders-int.tfstate has 1 resources")]);
    expect(stdout).not.toContain("Deploy orders-int");
  });

  test("a stack in HCP Terraform is refused without a token, before Terraform could create its workspace", async () => {
    const cloud = { hostname: "app.terraform.io", organization: "team", workspaces: { name: "shop-orders-int" } };
    const { exitCode, stderr } = await deploy({ cloud });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("There is no token for app.terraform.io. Run: terraform login")]);
  });
});
