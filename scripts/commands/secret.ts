import { text } from "node:stream/consumers";
import { SSM } from "@aws-sdk/client-ssm";
import password from "@inquirer/password";
import { UserError } from "../../shared/errors";
import type { SecretDescription } from "../../shared/stack-description";
import { readArtifact, type Stack } from "../artifact/artifact";
import { checkAccount } from "../aws/account";
import { setSecret } from "../aws/secret-values";
import { runCommand } from "../cli/command";

const HELP = `
npm run secret -- <domain>-<environment> <name>

Sets a secret that the domain names in its stack.ts, or changes it, in the AWS account that your
credentials name. The value comes from standard input, without one newline at its end; on a
terminal you are asked, and what you type is not shown.

  npm run secret -- receipts-int mailer-key < key.txt

Whoever has read it keeps the old one for up to five minutes. On the local AWS that runs, call it
in a shell with the variables of npm run -s local:env.`;

// findSecret checks the names: an error of runCommand would repeat an argument, which may be the value.
void runCommand({ help: HELP, positionals: { min: 0, max: Infinity } }, async ({ positionals: names }) => {
  const { stack, secret } = findSecret(readArtifact(), names);
  await checkAccount(stack);
  const value = process.stdin.isTTY ? await password({ message: `Value of ${secret.name}` }) : await text(process.stdin);
  await setSecret(new SSM({ region: stack.region }), secret, value.replace(/\r?\n$/, ""));
  const where = process.env.AWS_ENDPOINT_URL ? ` at ${process.env.AWS_ENDPOINT_URL}` : "";
  process.stdout.write(`Set ${secret.parameter} in account ${stack.account}, ${stack.region}${where}.\n`);
});

/** @throws UserError with all there are. It does not repeat what was written: that may be a value. */
function findSecret(stacks: Stack[], names: string[]): { stack: Stack; secret: SecretDescription } {
  const all = stacks.flatMap((stack) => stack.secrets.map((secret) => ({ stack, secret })));
  const found = all.find(({ stack, secret }) => names.length === 2 && stack.stack === names[0] && secret.name === names[1]);
  if (found) return found;
  const known = all.map(({ stack, secret }) => `\n  ${stack.stack} ${secret.name}`).join("") || " none";
  throw new UserError(
    `Say the stack and the secret, npm run secret -- <domain>-<environment> <name>, and nothing more: the value comes from standard input. After npm run synth, the artifact has:${known}`,
  );
}
