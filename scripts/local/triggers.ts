import { join } from "node:path";
import type { TriggerDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import type { Terraform } from "../terraform/terraform";
import { type LocalRun, WORK_FOLDER } from "./run";

/** A trigger, and where it is on the local AWS: an API's URL, a queue's URL, a schedule's name. */
export type DeployedTrigger = TriggerDescription & { stack: Stack; address: string };

export async function deployedTriggers(run: LocalRun, stacks: Stack[], terraform: Terraform): Promise<DeployedTrigger[]> {
  const ofStacks = stacks.map(async (stack) => {
    const outputs = await terraform.outputs(join(WORK_FOLDER, stack.stack));
    return stack.triggers.map((trigger) => {
      const address = outputs[trigger.output] ?? "";
      // An API may have a domain name of its own, which no local DNS knows.
      const api = trigger.kind === "http-api" && localApiUrl(run, outputs[`${trigger.output}_endpoint`] ?? address);
      return { ...trigger, stack, address: api || address };
    });
  });
  return (await Promise.all(ofStacks)).flat();
}

/** The address of an HTTP API on the local AWS; the host name that it reports would need a DNS of its own. */
export function localApiUrl({ endpoint }: LocalRun, apiEndpoint: string): string {
  return `${endpoint}/_aws/execute-api/${new URL(apiEndpoint).hostname.split(".")[0]}`;
}
