import { statSync } from "node:fs";
import { runProcess } from "../../scripts/cli/process";
import { statePath } from "../../scripts/local/files";
import { runningSystem } from "../harness/running-system";

const { stacks } = runningSystem();

test("npm run local reaches the local AWS whatever the shell's settings for AWS are", async () => {
  const env = {
    ...process.env,
    AWS_PROFILE: "does-not-exist",
    AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:9",
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
    AWS_USE_FIPS_ENDPOINT: "true",
    AWS_SESSION_TOKEN: "token-of-a-real-account",
    TF_WORKSPACE: "other",
  };
  const args = ["--import", "tsx", "scripts/commands/local.ts", "--skip-synth"];
  const { exitCode, stdout, stderr } = await runProcess(process.execPath, args, { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  // A stack that was deployed by another command, such as cdktf, is planned again and unchanged.
  expect(stdout.match(/: (skipped, already deployed|unchanged)/g)).toHaveLength(stacks.length);
});

test("the state and the logs of the local AWS can be read by their owner only", () => {
  const files = [".local", ".local/emulator.log", ".local/decisions.jsonl", ...stacks.map(statePath)];
  const open = files.filter((file) => (statSync(file).mode & 0o077) !== 0);
  expect(open).toEqual([]);
});
