import type { SSM } from "@aws-sdk/client-ssm";

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const MAX_PARAMETERS_PER_REQUEST = 10;

/** The values of SSM parameters by name. A parameter that does not exist is left out. */
export async function parameterValues(ssm: SSM, names: string[]): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (let start = 0; start < names.length; start += MAX_PARAMETERS_PER_REQUEST) {
    const { Parameters = [] } = await ssm.getParameters({ Names: names.slice(start, start + MAX_PARAMETERS_PER_REQUEST) });
    for (const { Name = "", Value = "" } of Parameters) values.set(Name, Value);
  }
  return values;
}
