import type { App } from "cdktf";
import { findCycles } from "../contract-graph";
import type { DomainStack } from "../domain-stack";
import { addFinding } from "../stack/findings";

/** Checks that every parameter that a stack reads is published by its owner, in the same environment. */
export function checkContractsArePublished(stacks: DomainStack[]): void {
  const published = new Map(stacks.flatMap((stack) => stack.published.map((contract) => [stack.pathOf(contract), contract.parameters])));
  for (const stack of stacks) {
    for (const [contract, used] of stack.parametersRead) {
      const { domain, version } = contract;
      const offered = published.get(stack.pathOf(contract));
      const missing = [...used].filter((parameter) => !offered?.includes(parameter));
      if (offered && missing.length === 0) continue;
      const parameters = missing.length > 0 ? `${missing.join(", ")} of ` : "";
      const problem = `${stack.domain} reads ${parameters}the contract v${version} of ${domain}, which ${domain} does not publish`;
      const owner = stacks.find(({ identity }) => identity.domain === domain)?.domain ?? domain;
      addFinding(stack, `${problem}. Publish it in domains/${owner}/stack.ts, or do not read it.`);
    }
  }
}

/** Checks that no domains wait for each other's contracts: none of them could be deployed first. */
export function checkContractsHaveNoCycle(app: App, stacks: DomainStack[]): void {
  // All environments have the same domains, so a domain has the same contracts in each.
  const readsByDomain = new Map(stacks.map((stack) => [stack.identity.domain, stack.describe().reads.map(({ domain }) => domain)]));
  for (const cycle of findCycles(readsByDomain)) {
    const problem = `the contracts form a cycle, so none of these domains can be deployed first: ${cycle.join(" reads ")}`;
    addFinding(app, `${problem}. Send the value of one side in an event, or merge the domains.`, cycle[0]);
  }
}
