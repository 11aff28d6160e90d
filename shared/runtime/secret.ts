import { ParameterNotFoundError } from "@aws-lambda-powertools/parameters/errors";
import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import { parseSecretParameter } from "../naming";

/**
 * How long a value is cached, in seconds. SSM throttles an account above 40 requests a second
 * (https://docs.aws.amazon.com/general/latest/gr/ssm.html), so the value cannot be requested for every event. After a secret
 * changes, it takes up to this long until every lambda uses the new value.
 */
const KEPT_SECONDS = 5 * 60;

let ssm: SSMProvider | undefined;

/**
 * Reads the value of a secret. Never log it, and never put it into an answer or an event.
 * @param parameterName the environment variable that the stack gave the lambda: `<WHAT>_NAME`
 * @throws Error that names the command to run, if the secret has no value
 * @example
 * const key = await readSecret(environment.MAILER_KEY_NAME);
 */
export async function readSecret(parameterName: string): Promise<string> {
  ssm ??= new SSMProvider();
  try {
    return await ssm.get(parameterName, { decrypt: true, maxAge: KEPT_SECONDS, throwOnMissing: true });
  } catch (error) {
    if (!(error instanceof ParameterNotFoundError)) throw error;
    const { stack, name } = parseSecretParameter(parameterName);
    throw new Error(`the secret ${parameterName} has no value. Set it: npm run secret -- ${stack} ${name}`);
  }
}
