import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";

/**
 * Replaces SSM with a store in memory. A test of a handler that calls `readSecret` calls it once at the top of the file.
 * `readSecret` caches values across tests, so a test that needs another value also needs another parameter name.
 *
 * @param secrets the values by the names of their SSM parameters. A secret that is not in it has no value.
 * @returns `requestCount`, which returns the number of requests to SSM since the test began
 *
 * @example
 * secretStore({ "/mailer-key": "very secret" });
 * process.env.MAILER_KEY_NAME = "/mailer-key";
 */
export function secretStore(secrets: Record<string, string>) {
  const ssm = mockClient(SSMClient);
  beforeEach(() => {
    ssm.reset();
    ssm.on(GetParameterCommand).callsFake(({ Name, WithDecryption }) => {
      const value = secrets[Name];
      if (value === undefined) throw new ParameterNotFound({ $metadata: {}, message: "" });
      return { Parameter: { Name, Value: WithDecryption ? value : "encrypted" } };
    });
  });
  return { requestCount: () => ssm.commandCalls(GetParameterCommand).length };
}
