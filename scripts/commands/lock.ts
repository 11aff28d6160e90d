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

Writes .terraform.lock.hcl: the exact version of the AWS provider, with its checksums for every
platform of the team. Commit it; synth copies it into every stack. Needs a Terraform registry.`;

const PLATFORMS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];
const LOCK = ".terraform.lock.hcl";

void runCommand(HELP, {}, async ({ signal }) => {
  await build();
  const [stack] = readArtifact();
  const folder = workingCopy(stack, ".deploy/lock");
  process.stdout.write("Asking the registry for the provider's checksums; this takes a minute…\n");
  const args = ["providers", "lock", "-no-color", ...PLATFORMS.map((platform) => `-platform=${platform}`)];
  const env = { ...process.env, CHECKPOINT_DISABLE: "1" };
  const { exitCode, stderr } = await runProcess(TERRAFORM, args, { cwd: folder, signal, env });
  signal.throwIfAborted();
  if (exitCode !== 0) throw new UserError(`No lock file was written, for the registry did not answer as it should:\n${stderr.trim()}`);
  copyFileSync(join(folder, LOCK), LOCK);
  process.stdout.write(`Wrote ${LOCK}; commit it.\n`);
});
