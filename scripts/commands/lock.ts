import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import { readArtifact, workingCopy } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { runProcess } from "../cli/process";
import { TERRAFORM } from "../terraform/provider";

const HELP = `
npm run lock

Writes .terraform.lock.hcl, which pins the version of the AWS provider and contains its checksums for
Linux and macOS, on Intel and Arm. Commit it: synth copies it into every stack.
It needs a connection to the Terraform registry.`;

const PLATFORMS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];
const LOCK = ".terraform.lock.hcl";

void runCommand({ help: HELP }, async ({ signal }) => {
  await build(signal);
  const [stack] = readArtifact();
  const folder = workingCopy(stack, ".deploy/lock");
  process.stdout.write("Reading the provider's checksums from the registry. This takes about a minute…\n");
  const args = ["providers", "lock", "-no-color", ...PLATFORMS.map((platform) => `-platform=${platform}`)];
  const env = { ...process.env, CHECKPOINT_DISABLE: "1" };
  const { exitCode, stderr } = await runProcess(TERRAFORM, args, { cwd: folder, signal, env });
  signal.throwIfAborted();
  if (exitCode !== 0) throw new UserError(`terraform providers lock failed, and ${LOCK} was not written:\n${stderr.trim()}`);
  copyFileSync(join(folder, LOCK), LOCK);
  process.stdout.write(`Wrote ${LOCK}. Commit it.\n`);
});
