import { readArtifact } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";

const HELP = `
npm run synth

Checks the types and writes the artifact, cdktf.out: for every domain and environment a folder
that Terraform can apply by itself.`;

void runCommand(HELP, {}, async () => {
  await build();
  for (const { stack, folder, lambdas } of readArtifact()) process.stdout.write(`${folder}  ${stack}, ${lambdas.length} lambda(s)\n`);
});
