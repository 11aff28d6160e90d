import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { runProcess } from "../../../scripts/cli/process";
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

test("--allow-destroy must name a stack that is deployed, before anything is asked", async () => {
  const files = Object.entries(artifactFiles([stackOf("receipts-int")]));
  const cwd = temporaryFolder(Object.fromEntries(files.map(([path, text]) => [`cdktf.out/${path}`, text])));
  const args = ["receipts-int", "--skip-synth", "--yes", "--allow-destroy", "receipt-int"];
  const { exitCode, stderr } = await runProcess(process.execPath, [command, ...args], { cwd });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("--allow-destroy names receipt-int, which this command does not deploy")]);
});
