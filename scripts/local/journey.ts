import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs, type FilteredLogEvent, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { reachableFrom } from "../../shared/contract-graph";
import { UserError } from "../../shared/errors";
import type { HttpSample } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import { accountHeader, clientSettings, type LocalRun } from "./run";
import { setGoing } from "./schedules";
import type { DeployedTrigger } from "./triggers";

/** An order may wait for a cold start of every lambda on its way. */
const LONGEST_SECONDS = 60;
/** Once every domain has answered, this long for those that still talk. */
const QUIET_SECONDS = 1;

/** A lambda's last word on one event: the runtime writes it. */
const OUTCOMES = ["handled", "refused", "failed"];

/** One lambda that has handled the sample. */
export interface Step {
  domain: string;
  trigger: string;
  lambda: string;
  /** After the sample was sent. */
  milliseconds: number;
  /** `handled` or `failed: …` */
  result: string;
}

export interface Journey {
  /** Where the sample was sent. */
  url: string;
  correlationId: string;
  steps: Step[];
  /** Domains that were expected on the way and did not answer. */
  missing: string[];
}

/** The request that the domain offers as its sample. @throws UserError when it offers none */
export function sampleOf(entry: Stack): { trigger: string; sample: HttpSample } {
  const trigger = entry.triggers.find(({ kind, sample }) => kind === "http-api" && sample);
  if (!trigger)
    throw new UserError(`${entry.stack}, the entryDomain of project.config.ts, has no HTTP route with a sample; give one of them one.`);
  return { trigger: trigger.id, sample: trigger.sample as HttpSample };
}

/**
 * Sends the entry domain's sample and follows its correlation id through the logs of all lambdas;
 * then sets the schedules going, under the same id.
 */
export async function followSample(run: LocalRun, stacks: Stack[], entry: Stack, triggers: DeployedTrigger[]): Promise<Journey> {
  const correlationId = `local-${randomUUID()}`;
  const sentAt = Date.now();
  const { trigger, sample } = sampleOf(entry);
  const url = `${triggers.find(({ stack, id }) => stack === entry && id === trigger)?.address}${sample.path}`;
  await send(url, sample, { ...accountHeader(entry), "x-correlation-id": correlationId });

  const onTheWay = domainsOnTheWay(stacks, entry);
  const scheduled = triggers.filter(({ kind }) => kind === "schedule");
  const answer = (expected: string[]) => collect(expected, () => findSteps(run, stacks, correlationId, sentAt));
  await answer(onTheWay);
  const expected = [...new Set([...onTheWay, ...scheduled.map(({ stack }) => stack.domain)])];
  const clearUp = await setGoing(run, scheduled, { correlationId });
  const steps = await answer(expected).finally(clearUp);
  return { url, correlationId, steps, missing: expected.filter((domain) => !steps.some((step) => step.domain === domain)) };
}

async function send(url: string, { method, headers, body }: HttpSample, own: Record<string, string>): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...own, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST_SECONDS * 1000),
  });
  if (!response.ok) throw new UserError(`${method} ${url} answered ${response.status}: ${await response.text()}`);
}

/** Looks until every domain has answered and the others are quiet, or for as long as it may take. */
async function collect(expected: string[], look: () => Promise<Step[]>): Promise<Step[]> {
  const begin = Date.now();
  let steps: Step[] = [];
  let quietSince = begin;
  while (Date.now() - begin < LONGEST_SECONDS * 1000) {
    const found = await look();
    if (found.length > steps.length) quietSince = Date.now();
    steps = found;
    const complete = expected.every((domain) => steps.some((step) => step.domain === domain));
    if (complete && Date.now() - quietSince > QUIET_SECONDS * 1000) break;
    await sleep(200);
  }
  return steps;
}

/** The entry and what it leads to: a sender reads the contract of what it sends to, and who listens on a bus says to whom. */
function domainsOnTheWay(stacks: Stack[], entry: Stack): string[] {
  const receivesFrom = (receiver: Stack, sender: Stack) =>
    sender.needs.includes(receiver.stack) || receiver.triggers.some(({ from }) => from === sender.domain);
  const graph = new Map(
    stacks.map((sender) => [sender.stack, stacks.filter((each) => receivesFrom(each, sender)).map(({ stack }) => stack)]),
  );
  const onTheWay = reachableFrom(graph, entry.stack);
  return stacks.filter(({ stack, triggers }) => onTheWay.includes(stack) && triggers.length > 0).map(({ domain }) => domain);
}

async function findSteps(run: LocalRun, stacks: Stack[], correlationId: string, since: number): Promise<Step[]> {
  const lambdas = stacks.flatMap((stack) => stack.lambdas.map((lambda) => ({ stack, lambda })));
  const steps = lambdas.map(async ({ stack, lambda }) => {
    const lines = await readLog(run, stack, lambda.logGroup, since);
    return lines.flatMap(({ message }): Step[] => {
      const { correlation_id, trigger, timestamp, message: outcome, reason } = parseJson(message) ?? {};
      if (correlation_id !== correlationId || !OUTCOMES.includes(outcome)) return [];
      const result = outcome === "handled" ? outcome : `${outcome}: ${reason}`;
      return [{ domain: stack.domain, trigger, lambda: lambda.name, milliseconds: Date.parse(timestamp) - since, result }];
    });
  });
  return (await Promise.all(steps)).flat().sort((a, b) => a.milliseconds - b.milliseconds);
}

/** The lines of a lambda's log group, oldest first. */
export async function readLog(run: LocalRun, stack: Stack, logGroupName: string, startTime = 0): Promise<FilteredLogEvent[]> {
  const client = new CloudWatchLogs(clientSettings(run, stack));
  const lines: FilteredLogEvent[] = [];
  try {
    for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, startTime })) lines.push(...events);
    return lines;
  } catch {
    return []; // no stream yet
  }
}
