import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";

/**
 * SSM with these secrets, by the name of their parameter.
 * @example
 * secretStore({ [process.env.MAILER_KEY_NAME]: "key" }); // at the top of the test file
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
  /** The number of requests to SSM since the test started. */
  return { asked: () => ssm.commandCalls(GetParameterCommand).length };
}
