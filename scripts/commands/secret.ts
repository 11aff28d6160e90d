import { buffer } from "node:stream/consumers";
import { SSM } from "@aws-sdk/client-ssm";
import password from "@inquirer/password";
import { UserError } from "../../shared/errors";
import { deployedStackId, parseSecretParameter } from "../../shared/naming";
import type { SecretDescription } from "../../shared/stack-description";
import { readArtifact, type Stack } from "../artifact/artifact";
import { checkAccount } from "../aws/account";
import { setSecret } from "../aws/secret-values";
import { runCommand } from "../cli/command";

const HELP = `
npm run secret -- <domain>-<environment> <name>

Sets or changes the value of a secret that a domain declares in its stack.ts, in the AWS account of
your credentials. The command reads the value from standard input and removes one line break at its
end. On a terminal it asks for the value and does not show what you type.

  npm run secret -- receipts-int mailer-key < key.txt

Lambdas use the old value for up to five more minutes. For the local AWS, run the command in a shell
with the variables of "npm run -s local:env".`;

// findSecret checks the names: an error of runCommand would repeat an argument, which may be the value.
void runCommand({ help: HELP, positionals: { min: 0, max: Infinity } }, async ({ positionals: names, signal }) => {
  const { stack, secret } = findSecret(readArtifact(), names);
  await checkAccount(stack);
  const value = process.stdin.isTTY ? await password({ message: `Value of ${secret.name}` }, { signal }) : decode(await readInput(signal));
  // After Ctrl-C the input can end in the middle of the value.
  signal.throwIfAborted();
  await setSecret(new SSM({ region: stack.region }), secret, value.replace(/\r?\n$/, ""));
  process.stdout.write(`Set ${secret.parameter} in account ${stack.account}, ${stack.region}.\n`);
});

/** The whole standard input. Ctrl-C ends the wait for it. */
function readInput(signal: AbortSignal): Promise<Buffer> {
  const interrupted = new Promise<never>((_, stop) => {
    signal.addEventListener("abort", () => stop(signal.reason));
  });
  return Promise.race([buffer(process.stdin), interrupted]);
}

/** @throws UserError when the bytes are not UTF-8 text: SSM stores text only, and would keep another value */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError(
      "The value is not UTF-8 text, and SSM stores text only. Nothing was changed. Encode it first, for example with base64.",
    );
  }
}

// A lambda that misses its secret logs the command with the names that the stack and the secret had when they were first deployed.
function stackNames(stack: Stack): string[] {
  return [stack.stack, deployedStackId(stack)];
}

function secretNames({ name, parameter }: SecretDescription): string[] {
  return [name, parseSecretParameter(parameter).name];
}

/**
 * Finds the secret that the arguments name.
 * @throws UserError with all secrets. It does not repeat the arguments, because one of them may be a value.
 */
function findSecret(stacks: Stack[], names: string[]): { stack: Stack; secret: SecretDescription } {
  const all = stacks.flatMap((stack) => stack.secrets.map((secret) => ({ stack, secret })));
  const found = all.find(
    ({ stack, secret }) => names.length === 2 && stackNames(stack).includes(names[0] ?? "") && secretNames(secret).includes(names[1] ?? ""),
  );
  if (found) return found;
  const known = all.map(({ stack, secret }) => `  ${stack.stack} ${secret.name}`);
  throw new UserError(
    [
      "Name the stack and the secret: npm run secret -- <domain>-<environment> <name>",
      "Pass the value on standard input, never as an argument.",
      known.length > 0 ? "These secrets are in the artifact (update it with npm run synth):" : "The artifact has no secrets.",
      ...known,
    ].join("\n"),
  );
}
