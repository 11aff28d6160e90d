import { isDeepStrictEqual } from "node:util";
import { eventType } from "../../shared/naming";
import type { EventDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { incompatibilities, type Promises } from "../compatibility/compatibility";
import { type EventUsers, findEventUsers } from "../compatibility/event-users";
import { withExportedCommit } from "./base";
import type { DeployedRecord } from "./deployed-record";
import { shortCommit } from "./git";
import { type RecordedStack, readRecords } from "./record-store";
import type { Reach } from "./running-stacks";

/** What runs of a stack, as far as other stacks and messages in flight rely on it. */
interface DeployedStack {
  record: DeployedRecord;
  promises: Promises;
}

/**
 * The contracts and events that a deployment changes, compared with what the environment runs: each change with those whom it concerns,
 * and what `npm run compat` says about it. Each is one line.
 * @param changing the stacks that are deployed
 * @param all stacks of the artifact
 */
export async function agreementsOf(
  reach: Reach,
  changing: Stack[],
  { all, signal }: { all: Stack[]; signal: AbortSignal },
): Promise<string[]> {
  const environments = new Set(changing.map(({ environment }) => environment));
  const neighbours = all.filter(({ environment }) => environments.has(environment));
  const deployed = await deployedStacks(reach, neighbours);
  const before = [...deployed.values()].map(({ promises }) => promises);
  const after = afterDeployment(deployed, changing);
  const problems = await newIncompatibilities(before, after, usersIn([...deployed.values()], signal));
  return [
    ...changing.flatMap((stack) => changesOf(stack, deployed.get(stack.stack)?.promises, neighbours)),
    ...problems.map((problem) => `INCOMPATIBLE with what runs: ${problem}`),
  ];
}

/** What `npm run compat` says about a change, without what was so before it. */
export async function newIncompatibilities(before: Promises[], after: Promises[], users: ReturnType<typeof usersIn>): Promise<string[]> {
  const old = await incompatibilities(before, before, users);
  return (await incompatibilities(before, after, users)).filter((problem) => !old.includes(problem));
}

/** The stacks that run, by their id. Those without details in their record are missing. */
export async function deployedStacks({ ssm }: Reach, stacks: RecordedStack[]): Promise<Map<string, DeployedStack>> {
  const records = await readRecords(ssm, stacks);
  return new Map(
    [...records].flatMap(([id, record]) => {
      const { details } = record;
      return details === undefined ? [] : [[id, { record, promises: { ...details.description, stack: id } }] as const];
    }),
  );
}

/** What will run: what runs, with these stacks in their new form. */
export function afterDeployment(deployed: Map<string, DeployedStack>, changing: Promises[]): Promises[] {
  const after = new Map([...deployed].map(([id, { promises }]) => [id, promises]));
  for (const stack of changing) after.set(stack.stack, stack);
  return [...after.values()];
}

/** Finds the domains that use an event in the commits that run. */
export function usersIn(deployed: DeployedStack[], signal: AbortSignal): (event: EventDescription) => Promise<EventUsers> {
  const commits = [...new Set(deployed.map(({ record }) => record.commit))];
  return async (event) => {
    const domains = new Set<string>();
    for (const commit of commits) {
      const users = await withExportedCommit(commit, signal, (folder) => findEventUsers(folder, event, signal)).catch((error: Error) => {
        signal.throwIfAborted();
        return { undetermined: `the commit ${shortCommit(commit)}, which runs, cannot be searched (${error.message})` };
      });
      if ("undetermined" in users) return users;
      const here = new Set(deployed.filter(({ record }) => record.commit === commit).map(({ promises }) => promises.domain));
      for (const domain of users.domains) if (here.has(domain)) domains.add(domain);
    }
    return { domains: [...domains].sort() };
  };
}

function changesOf(stack: Stack, before: Promises | undefined, neighbours: Stack[]): string[] {
  return before === undefined ? [] : [...contractChanges(stack, before, neighbours), ...eventChanges(stack, before, neighbours)];
}

function contractChanges(stack: Stack, before: Promises, neighbours: Stack[]): string[] {
  const parametersOf = ({ publishes }: Pick<Promises, "publishes">) =>
    publishes.flatMap(({ version, parameters }) => parameters.map((parameter) => `${parameter} of contract v${version}`));
  const [old, current] = [new Set(parametersOf(before)), new Set(parametersOf(stack))];
  const readers = neighbours.filter(({ needs }) => needs.includes(stack.stack)).map((each) => each.stack);
  return [
    ...[...current].filter((parameter) => !old.has(parameter)).map((parameter) => `${stack.stack} publishes ${parameter}, which is new`),
    ...[...old]
      .filter((parameter) => !current.has(parameter))
      .map((parameter) => `${stack.stack} does not publish ${parameter} any more. Its contracts are read by: ${list(readers)}`),
  ];
}

function eventChanges(stack: Stack, before: Promises, neighbours: Stack[]): string[] {
  const titleOf = ({ name, version }: EventDescription) => `${name} v${version}`;
  const old = new Map(before.events.map((event) => [titleOf(event), event]));
  const current = new Map(stack.events.map((event) => [titleOf(event), event]));
  const receivers = (event: EventDescription) =>
    neighbours.filter(({ triggers }) => triggers.some((trigger) => trigger.event === eventType(event))).map((each) => each.stack);
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((title) => {
    const event = (current.get(title) ?? old.get(title)) as EventDescription;
    if (isDeepStrictEqual(old.get(title), current.get(title))) return [];
    const how = !old.has(title) ? "is new" : current.has(title) ? "has another schema" : "is removed";
    return [`${stack.stack}: the event ${title} ${how}. Received by: ${list(receivers(event))}`];
  });
}

function list(ids: string[]): string {
  return ids.length === 0 ? "none" : ids.join(", ");
}
