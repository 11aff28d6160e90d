import { ParameterNotFoundError } from "@aws-lambda-powertools/parameters/errors";
import { SSMProvider } from "@aws-lambda-powertools/parameters/ssm";
import { parseSecretParameter } from "../naming";

/**
 * How long a value is kept. SSM answers 40 times a second for the whole account before it throttles
 * (https://docs.aws.amazon.com/general/latest/gr/ssm.html), so it cannot be asked for each event; and who changes a
 * secret waits this long until every lambda has the new one.
 */
const KEPT_SECONDS = 5 * 60;

let ssm: SSMProvider | undefined;

/**
 * The value of a secret. Keep it out of logs and answers.
 * @param parameterName as the stack gave it, `<WHAT>_NAME`
 * @throws Error saying how to set it, when it has no value
 */
export async function readSecret(parameterName: string): Promise<string> {
  ssm ??= new SSMProvider();
  try {
    return await ssm.get(parameterName, { decrypt: true, maxAge: KEPT_SECONDS, throwOnMissing: true });
  } catch (error) {
    if (!(error instanceof ParameterNotFoundError)) throw error;
    const { stack, name } = parseSecretParameter(parameterName);
    throw new Error(`the secret ${parameterName} has no value; set it: npm run secret -- ${stack} ${name}`);
  }
}
