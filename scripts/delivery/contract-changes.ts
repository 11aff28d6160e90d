import { contractParameter, deployedIdentity } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { parameterValues } from "../aws/parameter-values";
import { readRecords } from "./record-store";
import { contractNames, type Reach } from "./running-stacks";

/** The present values of the contracts that stacks publish, by the name of the parameter. */
export function publishedValues({ ssm }: Reach, stacks: Stack[]): Promise<Map<string, string>> {
  const names = stacks.flatMap((stack) =>
    stack.publishes.flatMap(({ version, parameters }) =>
      parameters.map((parameter) => contractParameter(deployedIdentity(stack), version, parameter)),
    ),
  );
  return parameterValues(ssm, names);
}

/** A contract parameter with another value than before, and the stacks that read it. */
export interface ChangedContract {
  parameter: string;
  /** Ids of stacks that run, or that the artifact has. What a stack read is a part of what it is, so they are affected from now on. */
  readers: string[];
}

/** The contracts whose values an apply has changed. */
export async function changedContracts(
  reach: Reach,
  { before, applied, all }: { before: Map<string, string>; applied: Stack[]; all: Stack[] },
): Promise<ChangedContract[]> {
  const after = await publishedValues(reach, applied);
  const changed = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name);
  if (changed.length === 0) return [];
  const environments = new Set(applied.map(({ environment }) => environment));
  const neighbours = all.filter(({ environment }) => environments.has(environment));
  const records = await readRecords(reach.ssm, neighbours);
  const reads = (stack: Stack, name: string) =>
    contractNames(stack).includes(name) || records.get(stack.stack)?.details?.contractValues[name] !== undefined;
  return changed.map((parameter) => ({
    parameter,
    readers: neighbours.filter((stack) => reads(stack, parameter)).map(({ stack }) => stack),
  }));
}
