import { UserError } from "../../shared/errors";
import type { TriggerDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { type LocalState, readLocalState } from "./files";
import type { LocalRun } from "./run";

/** A trigger with its address on the local AWS: the URL of an API or a queue, the ARN of a topic, the name of any other. */
export type DeployedTrigger = TriggerDescription & { stack: Stack; address: string };

/**
 * The triggers of deployed stacks.
 * @throws UserError when the state of a stack does not have the address of its trigger
 */
export function deployedTriggers(run: LocalRun, stacks: Stack[]): DeployedTrigger[] {
  return stacks.flatMap((stack) => {
    const outputs = readLocalState(stack)?.outputs ?? {};
    return stack.triggers.map((trigger) => ({ ...trigger, stack, address: localAddress(run, stack, trigger, outputs) }));
  });
}

function localAddress(run: LocalRun, { stack }: Stack, { id, kind, output }: TriggerDescription, outputs: LocalState["outputs"]): string {
  const address = outputs[output]?.value;
  if (!address)
    throw new UserError(
      `${stack}/${id}: the Terraform state of ${stack} has no output "${output}", so the trigger's address is unknown. Start again from an empty local AWS: npm run local:down, then npm run local.`,
    );
  if (kind !== "http-api") return address;
  // The address of an API can be a custom domain name, which exists in no local DNS. A second output always has AWS's own host name.
  return localApiUrl(run, outputs[`${output}_endpoint`]?.value ?? address);
}

/** The URL of an HTTP API on the local AWS. The host name that the API reports is not in any local DNS. */
export function localApiUrl({ endpoint }: Pick<LocalRun, "endpoint">, apiEndpoint: string): string {
  const apiId = new URL(apiEndpoint).hostname.split(".")[0];
  return `${endpoint}/_aws/execute-api/${apiId}`;
}
