import { join } from "node:path";
import { WORKSPACES_STACK } from "../../shared/naming";
import { ARTIFACT, hasWorkspaces, readArtifact } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";

const HELP = `
npm run synth

Checks the types and writes the artifact, cdktf.out: one folder for each stack, which Terraform can
apply by itself. If there is an error, cdktf.out does not change.`;

void runCommand({ help: HELP }, async ({ signal }) => {
  await build(signal);
  for (const { stack, folder, lambdas } of readArtifact()) process.stdout.write(`${folder}  ${stack}, ${lambdas.length} lambda(s)\n`);
  if (hasWorkspaces()) process.stdout.write(`${join(ARTIFACT, "stacks", WORKSPACES_STACK)}  ${WORKSPACES_STACK}\n`);
});
