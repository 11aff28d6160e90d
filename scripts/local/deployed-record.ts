import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SSM } from "@aws-sdk/client-ssm";
import { contractParameter } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { fingerprint } from "../artifact/contents";
import { parameterValues } from "../aws/parameter-values";
import { clientSettings } from "./client-settings";
import { LOCAL_FOLDER, readLocalState } from "./files";
import type { LocalRun } from "./run";

const RECORD_FOLDER = join(LOCAL_FOLDER, "deployed");

/** Whether a deployment would change nothing, because the stack is the same as when {@link recordDeployed} recorded it. */
export async function isDeployed(run: LocalRun, stack: Stack): Promise<boolean> {
  const file = recordPath(stack);
  return existsSync(file) && readFileSync(file, "utf8") === (await describeDeployed(run, stack));
}

/** Records that the stack has just been deployed, so that the next `npm run local` can skip it. */
export async function recordDeployed(run: LocalRun, stack: Stack): Promise<void> {
  mkdirSync(RECORD_FOLDER, { recursive: true });
  writeFileSync(recordPath(stack), await describeDeployed(run, stack));
}

function recordPath({ stack }: Stack): string {
  return join(RECORD_FOLDER, `${stack}.json`);
}

/** Everything that a deployment depends on or changes: the artifact, the contract values that the stack reads, and its state. */
async function describeDeployed(run: LocalRun, stack: Stack): Promise<string> {
  const contracts = await readContractValues(run, stack);
  return JSON.stringify({ artifact: fingerprint(stack), contracts, stateSerial: readLocalState(stack)?.serial });
}

/** Name and value of every contract parameter that the stack reads and that exists, sorted by name. */
async function readContractValues(run: LocalRun, stack: Stack): Promise<[name: string, value?: string][]> {
  const client = new SSM(clientSettings(run, stack));
  const names = stack.reads
    .flatMap(({ domain, version, parameters }) =>
      parameters.map((parameter) => contractParameter({ ...stack, domain }, version, parameter)),
    )
    .sort();
  const values = await parameterValues(client, names);
  return names.filter((name) => values.has(name)).map((name) => [name, values.get(name)]);
}
