import type { App } from "cdktf";
import type { DomainStack } from "../domain-stack";
import { eventType } from "../naming";
import { addFinding } from "../stack/findings";
import type { EventDescription } from "../stack-description";

/** The events of each domain, by the domain's name. */
export type EventsByDomain = ReadonlyMap<string, readonly EventDescription[]>;

/**
 * Checks that no two domains define the same event. Topics, logs and `npm run compat` identify an event by its name and version
 * alone.
 */
export function checkEventsAreDefinedOnce(app: App, events: EventsByDomain): void {
  const definedBy = new Map<string, string>();
  for (const [domain, definitions] of events) {
    for (const { name, version } of definitions) {
      const event = `${name} v${version}`;
      const first = definedBy.get(event);
      if (first === undefined) {
        definedBy.set(event, domain);
        continue;
      }
      const problem = `the contract defines the event ${event}, and so does domains/${first}/contract.ts`;
      addFinding(app, `${problem}. Rename one, or import the other where it is used.`, `domains/${domain}/contract.ts`);
    }
  }
}

/** Checks that a contract exports the event of every trigger. Otherwise `npm run compat` would not see a change of its schema. */
export function checkTriggerEventsAreExported(stacks: DomainStack[], events: EventsByDomain): void {
  const exported = new Set([...events.values()].flat().map(eventType));
  for (const stack of stacks) {
    for (const { id, event } of stack.triggers) {
      if (event === undefined || exported.has(event)) continue;
      const problem = `no contract.ts exports the event ${event}, so "npm run compat" would not see a change of it`;
      addFinding(stack, `${problem}. Export it from domains/${stack.domain}/contract.ts.`, `${stack.node.id}/${id}`);
    }
  }
}

/** Checks that the domain named as the sender of a bus trigger's events exists. */
export function checkSendersExist(stacks: DomainStack[]): void {
  // A renamed domain sends its events as before.
  const domains = new Set(stacks.map(({ identity }) => identity.domain));
  for (const stack of stacks) {
    for (const { id, from } of stack.triggers) {
      const isAwsService = from?.startsWith("aws.");
      if (from === undefined || isAwsService || domains.has(from)) continue;
      const problem = `the trigger waits for events from "${from}", but there is no such domain, so none will arrive`;
      addFinding(stack, `${problem}. Write the domain that sends them.`, `${stack.node.id}/${id}`);
    }
  }
}
