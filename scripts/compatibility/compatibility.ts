import { isDeepStrictEqual } from "node:util";
import type { Contract } from "../../shared/contract";
import type { EventDescription, StackDescription } from "../../shared/stack-description";
import type { EventUsers } from "./event-users";
import { schemaChanges } from "./schema-changes";

/** What other stacks, and messages in flight, rely on in a stack. */
export type Promises = Pick<StackDescription, "stack" | "domain" | "environment" | "publishes" | "reads" | "events">;

/** Finds the domains of the base that use an event, without the domain that defines it. */
type FindUsers = (event: EventDescription) => Promise<EventUsers>;

/**
 * Compares the events and the contracts of two artifacts, and finds the changes that messages in flight and deployed stacks
 * would not survive. New events, contracts, versions and parameters are compatible.
 * @param base the stacks that are deployed
 * @param current the stacks that will be deployed
 * @returns a text for each incompatible change: the event or the parameter, the change, and the fix
 */
export async function incompatibilities(base: Promises[], current: Promises[], findUsers: FindUsers): Promise<string[]> {
  const removals: string[] = [];
  for (const event of removedEvents(base, current)) removals.push(...removedEventProblems(event, await findUsers(event)));
  return [...changedEventProblems(base, current), ...removals, ...removedParameterProblems(base, current)];
}

/** The events that are new or have changed: `order-placed v1`. */
export function newAndChangedEvents(base: Promises[], current: Promises[]): string[] {
  const before = eventsOf(base);
  const after = eventsOf(current);
  return [...after.keys()].filter((title) => !isDeepStrictEqual(after.get(title), before.get(title)));
}

/**
 * Every event once, by its title. Its environment does not matter, because all environments have the same
 * events. Its domain does not matter, because an event can move to another domain.
 */
function eventsOf(stacks: Promises[]): Map<string, EventDescription> {
  return new Map(stacks.flatMap(({ events }) => events.map((event) => [titleOf(event), event])));
}

function titleOf({ name, version }: EventDescription): string {
  return `${name} v${version}`;
}

function changedEventProblems(base: Promises[], current: Promises[]): string[] {
  const before = eventsOf(base);
  const after = eventsOf(current);
  return [...before].flatMap(([title, { name, version, schema }]) => {
    const newSchema = after.get(title)?.schema;
    if (!newSchema) return [];
    const versions = [...before.values(), ...after.values()].filter((event) => event.name === name).map((event) => event.version);
    const fix = `Undo the change, or define ${name} version ${Math.max(...versions) + 1} beside version ${version}.`;
    return schemaChanges(schema, newSchema).map(({ field, change }) => {
      const place = field ? `${title}, ${field}` : title;
      return `${place}: ${change}. ${fix}`;
    });
  });
}

function removedEvents(base: Promises[], current: Promises[]): EventDescription[] {
  const after = eventsOf(current);
  return [...eventsOf(base).values()].filter((event) => !after.has(titleOf(event)));
}

function removedEventProblems(event: EventDescription, users: EventUsers): string[] {
  const removed = `${titleOf(event)} was removed`;
  if ("undetermined" in users) {
    const fix = "Keep the event, fix what hides its users, and deploy. Then remove the event in a later change.";
    return [`${removed}, but the domains that use it in the base cannot be determined: ${users.undetermined}. ${fix}`];
  }
  if (users.domains.length === 0) return [];
  return [`${removed}, but these domains use it in the base: ${users.domains.join(", ")}. Keep the event until no deployed stack uses it.`];
}

/** A parameter that was removed is a problem if a stack of the base reads it. An environment that was removed has no deployed stacks. */
function removedParameterProblems(base: Promises[], current: Promises[]): string[] {
  const environments = new Set(current.map(({ environment }) => environment));
  const deployed = base.filter(({ environment }) => environments.has(environment));
  return deployed.flatMap(({ stack, environment, reads }) => {
    const inEnvironment = current.filter((each) => each.environment === environment);
    const published = new Set(inEnvironment.flatMap(({ publishes }) => parameterTitles(publishes)));
    const removed = parameterTitles(reads).filter((parameter) => !published.has(parameter));
    const fix = "Publish it until no deployed stack reads it. If its meaning changes, publish a new version of the contract beside it.";
    return removed.map((parameter) => `${parameter} was removed, but ${stack} reads it in the base. ${fix}`);
  });
}

/** `url of contract v1 of orders` */
function parameterTitles(contracts: Contract[]): string[] {
  return contracts.flatMap(({ domain, version, parameters }) => parameters.map((name) => `${name} of contract v${version} of ${domain}`));
}
