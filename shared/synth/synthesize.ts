import type { App } from "cdktf";
import { DomainStack } from "../domain-stack";
import type { Bundles } from "../stack/bundles";
import type { Project } from "../stack/config";
import { throwFindings } from "../stack/findings";
import { checkContractsArePublished, checkContractsHaveNoCycle } from "./contract-checks";
import { checkEntryDomain, type Domain } from "./domains";
import { checkEventsAreDefinedOnce, checkSendersExist, checkTriggerEventsAreExported } from "./event-checks";
import { describeEvents } from "./events";
import { writeArtifact } from "./write-artifact";

/**
 * Checks everything that can only be checked when all stacks exist, and writes the artifact.
 * @throws UserError with all findings of the app. Nothing is written then.
 * @throws Error if the bundles are not ready
 */
export function synthesize(app: App, { project, domains, bundles }: { project: Project; domains: Domain[]; bundles: Bundles }): void {
  bundles.assertReady();
  const stacks = app.node.children.filter((child) => child instanceof DomainStack);
  const events = new Map(domains.map(({ name, folder }) => [name, describeEvents(app, folder)]));

  checkEntryDomain(app, project, domains);
  checkContractsArePublished(stacks);
  checkContractsHaveNoCycle(app, stacks);
  checkEventsAreDefinedOnce(app, events);
  checkTriggerEventsAreExported(stacks, events);
  checkSendersExist(stacks);
  throwFindings(app);

  writeArtifact(app, { stacks, events, bundles });
}
