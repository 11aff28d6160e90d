import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";

/** SSM with these secrets, by the name of their parameter. */
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
  /** How often SSM was asked since the test began. */
  return { asked: () => ssm.commandCalls(GetParameterCommand).length };
}
