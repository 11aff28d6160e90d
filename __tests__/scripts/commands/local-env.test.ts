import { realpathSync } from "node:fs";
import { join } from "node:path";
import { runProcess } from "../../../scripts/cli/process";
import { fakeProgram } from "../../harness/fake-program";
import { providerMirror } from "../../harness/fake-terraform";
import { runCode } from "../../harness/run-code";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

test("without a running local AWS, the command after the eval does not run, because it would reach the account of the shell's credentials", async () => {
  const { exitCode, stdout, stderr } = await runCode('import "./commands/local-env";', { cwd: temporaryFolder() });
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/No local AWS is running.*npm run local/)]);
  const shell = await runProcess("sh", ["-c", `(eval "${stdout}" && echo deployed)`]);
  expect([shell.exitCode, shell.stdout]).toEqual([1, ""]);
});

/** The variables of a shell that had these variables, after the eval of what the command prints in this folder. */
async function shellAfterEval(cwd: string, variables: Record<string, string>): Promise<string[]> {
  const terraform = fakeProgram("terraform", `echo '{"terraform_version":"1.11.0"}'`);
  const env = { PATH: process.env.PATH, HOME: cwd, TERRAFORM_BINARY_NAME: terraform.file, TERRAFORM_PROVIDER_MIRROR: providerMirror() };
  const { stdout, stderr } = await runCode('import "./commands/local-env";', { cwd, env: { ...env, ...variables } });
  expect(stderr).toBe("");
  const shell = await runProcess("sh", ["-c", `eval "$COMMANDS" && env`], {
    env: { PATH: process.env.PATH, COMMANDS: stdout, ...variables },
  });
  return shell.stdout.split("\n");
}

/** A folder in which npm run local has deployed a system. */
const deployedFolder = (name = "project") => {
  const run = JSON.stringify({ id: "run", endpoint: "http://127.0.0.1:4999", pid: 1 });
  const artifact = Object.entries(artifactFiles([stackOf("orders-int")])).map(([path, text]) => [`${name}/cdktf.out/${path}`, text]);
  return join(temporaryFolder({ [`${name}/.local/run.json`]: run, ...Object.fromEntries(artifact) }), name);
};

test("after the eval, none of the shell's own settings for AWS and Terraform is in force", async () => {
  const ofRealAccount = {
    AWS_PROFILE: "production",
    AWS_SESSION_TOKEN: "token",
    AWS_ENDPOINT_URL_SQS: "https://sqs.example.com",
    AWS_USE_FIPS_ENDPOINT: "true",
    AWS_ACCESS_KEY_ID: "real",
    TF_CLI_ARGS_apply: "-destroy",
  };
  const lines = await shellAfterEval(deployedFolder(), ofRealAccount);
  expect(lines.filter((line) => /^(AWS|TF|LOCAL)_/.test(line) && !line.startsWith("TF_CLI_CONFIG_FILE=")).sort()).toEqual([
    "AWS_ACCESS_KEY_ID=111111111111",
    "AWS_CONFIG_FILE=/dev/null",
    "AWS_DEFAULT_REGION=eu-west-1",
    "AWS_EC2_METADATA_DISABLED=true",
    "AWS_ENDPOINT_URL=http://127.0.0.1:4999",
    "AWS_REGION=eu-west-1",
    "AWS_SECRET_ACCESS_KEY=local",
    "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
    "LOCAL_AWS=true",
    expect.stringMatching(/^TF_CLI_ARGS_providers_lock=-fs-mirror=/),
    "TF_WORKSPACE=local",
  ]);
});

test.each(["$(touch owned)", "it's", "a b; false"])("a project folder called %j does not run as a command", async (name) => {
  const folder = deployedFolder(name);
  expect(await shellAfterEval(folder, {})).toContain(`TF_CLI_CONFIG_FILE=${join(realpathSync(folder), ".build/terraform.rc")}`);
});
