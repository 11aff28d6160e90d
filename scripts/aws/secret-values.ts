import { paginateDescribeParameters, SSM } from "@aws-sdk/client-ssm";
import { UserError } from "../../shared/errors";
import type { SecretDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { checkAccount } from "./account";

/** What a parameter of SSM's standard tier holds. https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const MOST_BYTES = 4096;

/** The secrets of a stack that nobody has set. Asks for no value: who deploys need not be allowed to read one. */
export async function secretsWithoutValue(client: SSM, { secrets }: Stack): Promise<SecretDescription[]> {
  const set = new Set<string | undefined>();
  if (secrets.length === 0) return [];
  const names = { Key: "Name", Option: "Equals", Values: secrets.map(({ parameter }) => parameter) };
  for await (const { Parameters = [] } of paginateDescribeParameters({ client }, { ParameterFilters: [names] }))
    for (const { Name } of Parameters) set.add(Name);
  return secrets.filter(({ parameter }) => !set.has(parameter));
}

/** @throws UserError that does not hold the value, whatever SSM says of it */
export async function setSecret(client: SSM, { parameter }: SecretDescription, value: string): Promise<void> {
  if (value === "") throw new UserError("The value is empty; nothing was changed. It is read from standard input.");
  const bytes = Buffer.byteLength(value);
  if (bytes > MOST_BYTES) throw new UserError(`The value has ${bytes} bytes, and SSM takes ${MOST_BYTES}; nothing was changed.`);
  // Encrypted by the key that AWS manages, aws/ssm.
  const put = client.putParameter({ Name: parameter, Value: value, Type: "SecureString", Overwrite: true });
  await put.catch((error: Error) => {
    throw new UserError(`SSM did not take the value of ${parameter}: ${error.message.replaceAll(value, "(the value)")}`);
  });
}

/** Gives the secrets that nobody has set a harmless value, before the lambdas that read them are deployed. */
export async function giveLocalSecrets(client: SSM, stack: Stack): Promise<void> {
  for (const secret of await secretsWithoutValue(client, stack)) {
    await setSecret(client, secret, `local-${secret.name}`);
    process.stdout.write(`The secret ${secret.name} of ${stack.domain} had no value; here it is "local-${secret.name}".\n`);
  }
}

/** @throws UserError naming the secrets that have no value: their lambdas would fail at every event. */
export async function requireSecrets(stacks: Stack[]): Promise<void> {
  const missing: string[] = [];
  for (const stack of stacks) {
    if (stack.secrets.length === 0) continue;
    await checkAccount(stack);
    const unset = await secretsWithoutValue(new SSM({ region: stack.region }), stack);
    missing.push(...unset.map(({ name }) => `  npm run secret -- ${stack.stack} ${name}`));
  }
  if (missing.length > 0)
    throw new UserError(`These secrets have no value, and nothing was deployed. Set them, from standard input:\n${missing.join("\n")}`);
}
