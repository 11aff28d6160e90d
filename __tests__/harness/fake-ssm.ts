import { DescribeParametersCommand, GetParametersCommand, PutParameterCommand, SSM, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";

/** SSM with the limits that matter here: ten parameters for each request, and 4 KB in a parameter. */
export interface FakeSsm {
  client: SSM;
  /** The values by name. */
  values: Map<string, string>;
  /** The names in the order in which they were written. */
  written: string[];
}

/** An SSM for unit tests. Every SSM client of the process is this one until the next is made. */
export function fakeSsm(): FakeSsm {
  const values = new Map<string, string>();
  const written: string[] = [];
  const mock = mockClient(SSMClient);
  mock.on(GetParametersCommand).callsFake(({ Names = [] }) => {
    if (Names.length > 10) throw new Error("SSM returns at most ten parameters for each request");
    return { Parameters: Names.filter((name: string) => values.has(name)).map((Name: string) => ({ Name, Value: values.get(Name) })) };
  });
  mock.on(PutParameterCommand).callsFake(({ Name, Value }) => {
    if (Value.length > 4096) throw new Error("The value has more than 4096 characters");
    values.set(Name, Value);
    written.push(Name);
    return {};
  });
  mock.on(DescribeParametersCommand).callsFake(
    ({
      ParameterFilters: [
        {
          Values: [text],
        },
      ],
    }) => ({ Parameters: [...values.keys()].filter((Name) => Name.includes(text)).map((Name) => ({ Name })) }),
  );
  return { client: new SSM({ region: "eu-west-1" }), values, written };
}
