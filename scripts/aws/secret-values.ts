import { paginateDescribeParameters, SSM } from "@aws-sdk/client-ssm";
import { UserError } from "../../shared/errors";
import type { SecretDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";

/**
 * The size limit of a parameter in SSM's standard tier.
 * @see https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const MOST_BYTES = 4096;

/** The secrets of a stack that have no value yet. It does not read values, so that a deployment needs no permission to read them. */
export async function secretsWithoutValue(client: SSM, { secrets }: Stack): Promise<SecretDescription[]> {
  if (secrets.length === 0) return [];
  const existing = new Set<string | undefined>();
  const filter = { Key: "Name", Option: "Equals", Values: secrets.map(({ parameter }) => parameter) };
  for await (const { Parameters = [] } of paginateDescribeParameters({ client }, { ParameterFilters: [filter] }))
    for (const { Name } of Parameters) existing.add(Name);
  return secrets.filter(({ parameter }) => !existing.has(parameter));
}

/**
 * Sets the value of a secret, and replaces an earlier one.
 * @throws UserError when the value is empty or too long, or when SSM rejects it. The message never contains the value.
 */
export async function setSecret(client: SSM, { parameter }: SecretDescription, value: string): Promise<void> {
  if (value === "") throw new UserError("The value is empty. Nothing was changed. Pass the value on standard input.");
  const bytes = Buffer.byteLength(value);
  if (bytes > MOST_BYTES)
    throw new UserError(`The value has ${bytes} bytes, but a parameter of SSM has at most ${MOST_BYTES}. Nothing was changed.`);
  // A SecureString without a key id is encrypted with aws/ssm, the key that AWS manages.
  const put = client.putParameter({ Name: parameter, Value: value, Type: "SecureString", Overwrite: true });
  await put.catch((error: Error) => {
    throw new UserError(`SSM rejected the value of ${parameter}: ${error.message.replaceAll(value, "(the value)")}`);
  });
}

/** On the local AWS: gives each secret that has no value a harmless one, before the lambdas that read it are deployed. */
export async function giveLocalSecrets(client: SSM, stack: Stack): Promise<void> {
  for (const secret of await secretsWithoutValue(client, stack)) {
    const value = `local-${secret.name}`;
    await setSecret(client, secret, value);
    process.stdout.write(`The secret ${secret.name} of ${stack.domain} had no value. On this local AWS it is now "${value}".\n`);
  }
}

/**
 * Checks that every secret of these stacks has a value. A lambda that reads a secret without one would fail at every event.
 * @throws UserError with the commands that set the missing values
 */
export async function requireSecrets(stacks: Stack[]): Promise<void> {
  const commands: string[] = [];
  for (const stack of stacks) {
    if (stack.secrets.length === 0) continue;
    const missing = await secretsWithoutValue(new SSM({ region: stack.region }), stack);
    commands.push(...missing.map(({ name }) => `  npm run secret -- ${stack.stack} ${name}`));
  }
  if (commands.length > 0)
    throw new UserError(`These secrets have no value, so nothing was deployed. Set each from standard input:\n${commands.join("\n")}`);
}
