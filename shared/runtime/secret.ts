import { ParameterNotFoundError } from "@aws-lambda-powertools/parameters/errors";
import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import { parseSecretParameter } from "../naming";

/**
 * How long a value is cached: 5 minutes. SSM accepts 40 requests per second for the whole account
 * (https://docs.aws.amazon.com/general/latest/gr/ssm.html), which is too few to read a secret for each event. After an operator
 * changes a secret, it takes this long until every lambda uses the new value.
 */
const CACHED_SECONDS = 5 * 60;

let ssm: SSMProvider | undefined;

/**
 * Reads the value of a secret, and caches it for 5 minutes. Call it in the handler, not when the file is loaded.
 * Never log the value, and never put it into an event or an HTTP response.
 *
 * @param parameterName the SSM parameter. The stack passes `parameterName` of the `Secret` in an environment variable named
 * `<WHAT>_NAME`.
 * @throws Error that names the command that sets the secret, when it has no value
 * @throws the error of SSM, for example when the stack does not call `grantRead`
 *
 * @example
 * import * as z from "zod";
 * import { httpHandler } from "../../../shared/runtime/http";
 * import { readSecret } from "../../../shared/runtime/secret";
 *
 * const environment = z.object({ API_KEY_NAME: z.string() });
 *
 * export const handler = httpHandler({ environment }, async (_, { environment: { API_KEY_NAME } }) => {
 *   const apiKey = await readSecret(API_KEY_NAME);
 *   const response = await fetch("https://api.example.com/rates", { headers: { authorization: `Bearer ${apiKey}` } });
 *   return { statusCode: 200, body: await response.json() };
 * });
 */
export async function readSecret(parameterName: string): Promise<string> {
  ssm ??= new SSMProvider();
  try {
    return await ssm.get(parameterName, { decrypt: true, maxAge: CACHED_SECONDS, throwOnMissing: true });
  } catch (error) {
    if (!(error instanceof ParameterNotFoundError)) throw error;
    const { stack, name } = parseSecretParameter(parameterName);
    throw new Error(`The secret ${parameterName} has no value. Set it: npm run secret -- ${stack} ${name}`);
  }
}
