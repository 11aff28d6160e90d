import type { Contract } from "../../shared/contract";
import type { EventDescription, StackDescription } from "../../shared/stack-description";
import { schemaChanges } from "./schema-changes";

/**
 * What messages in flight and stacks that stay deployed would not survive, one text each: event,
 * field, what it was and is, and the fix. New events, versions, contracts and parameters are fine.
 * @param usersOf domains that name an event of the base, other than the one that defines it
 */
export function incompatibilities(
  base: StackDescription[],
  now: StackDescription[],
  usersOf: (event: EventDescription) => string[],
): string[] {
  return [...eventProblems(eventsOf(base), eventsOf(now), usersOf), ...contractProblems(base, now)];
}

/** Every event once, by its type: each environment has it, and its domain may be another now. */
export function eventsOf(stacks: StackDescription[]): Map<string, EventDescription> {
  return new Map(stacks.flatMap(({ events }) => events.map((event) => [`${event.name} v${event.version}`, event])));
}

function eventProblems(
  base: Map<string, EventDescription>,
  now: Map<string, EventDescription>,
  usersOf: (event: EventDescription) => string[],
): string[] {
  return [...base].flatMap(([type, before]) => {
    const after = now.get(type);
    if (after) {
      const versions = [...base.values(), ...now.values()].filter(({ name }) => name === before.name).map(({ version }) => version);
      const next = Math.max(...versions) + 1;
      const fix = `take that back, or define ${before.name} version ${next} beside version ${before.version}`;
      return schemaChanges(before.schema, after.schema).map(({ field, what }) => `${type}${field && `, ${field}`}: ${what}; ${fix}`);
    }
    const users = usersOf(before);
    if (users.length === 0) return [];
    const fix = "keep it, and remove it when what is deployed no longer names it";
    return [`${type} is gone, and ${users.join(", ")} named it in the base; ${fix}`];
  });
}

/** A parameter that is gone, and a deployed stack reads it. An environment that is gone has nothing deployed. */
function contractProblems(base: StackDescription[], now: StackDescription[]): string[] {
  const offered = new Set(now.flatMap(({ environment, publishes }) => parametersOf(publishes).map((each) => `${environment} ${each}`)));
  const kept = base.filter(({ environment }) => now.some((stack) => stack.environment === environment));
  const lost = kept.flatMap(({ stack, environment, reads }) =>
    parametersOf(reads).flatMap((each) => (offered.has(`${environment} ${each}`) ? [] : [{ stack, parameter: each }])),
  );
  const fix = "publish it, beside a new version if its meaning changes, until no deployed stack reads it";
  return lost.map(({ stack, parameter }) => `${parameter} is gone, and ${stack} read it in the base; ${fix}`);
}

function parametersOf(contracts: Contract[]): string[] {
  return contracts.flatMap(({ domain, version, parameters }) => parameters.map((each) => `the contract v${version} of ${domain}: ${each}`));
}
