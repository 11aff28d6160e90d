import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { reachableFrom } from "../../shared/contract-graph";
import { UserError } from "../../shared/errors";
import { deployedDomain } from "../../shared/naming";
import type { HttpSample, LambdaDescription, TriggerDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import { accountHeaders } from "./client-settings";
import { readLogGroup } from "./logs";
import { readRefusals } from "./refusals";
import type { LocalRun } from "./run";
import { triggerSchedulesNow } from "./schedules";
import type { DeployedTrigger } from "./trigger-addresses";

/** Long enough for a cold start of every lambda that the sample passes through. */
const TIMEOUT_MS = 60_000;
/** When every expected domain has a step, wait this long for further steps. */
const QUIET_MS = 1000;
/** When a lambda was refused an action, wait this long for further steps: a retry is refused too, and a schedule takes 10 s. */
const REFUSED_QUIET_MS = 15_000;
const POLL_INTERVAL_MS = 200;

/** The message of the log line that the runtime writes when a lambda has finished an event. */
const RESULTS = ["handled", "refused", "failed"];

export interface JourneyOptions {
  run: LocalRun;
  /** All stacks of one environment. */
  stacks: Stack[];
  /** The stack whose HTTP API receives the sample. */
  entry: Stack;
  /** The triggers of all stacks. */
  triggers: DeployedTrigger[];
}

/** A lambda that has finished an event with the sample's correlation id. */
export interface Step {
  domain: string;
  trigger: string;
  lambda: string;
  /** Time since the sample was sent. */
  milliseconds: number;
  /** `handled`, `refused: <reason>` or `failed: <reason>` */
  result: string;
}

export interface Journey {
  /** The URL that received the sample. */
  url: string;
  correlationId: string;
  /** In the order of their time. */
  steps: Step[];
  /** The domains that the sample should have reached, but that have no step. */
  missing: string[];
}

/**
 * The sample request of a domain, and the HTTP API that receives it.
 * @throws UserError when the domain has no HTTP API with a sample
 */
export function sampleOf(entry: Stack): { trigger: TriggerDescription; sample: HttpSample } {
  const trigger = entry.triggers.find(({ kind, sample }) => kind === "http-api" && sample !== undefined);
  if (!trigger)
    throw new UserError(
      `${entry.stack}: ${entry.domain} is the entryDomain in project.config.ts, but none of its HTTP routes has a sample. Add a sample to one of its routes, or name another domain as entryDomain.`,
    );
  return { trigger, sample: trigger.sample as HttpSample };
}

/**
 * Triggers the schedules and sends the sample of the entry domain, all with one correlation id, and searches the logs of all
 * lambdas for that id. The schedules are first, because the local AWS looks for due schedules only every few seconds.
 * @throws UserError when the sample request fails, or when logs cannot be read
 */
export async function followSample({ run, stacks, entry, triggers }: JourneyOptions): Promise<Journey> {
  const { trigger, sample } = sampleOf(entry);
  const url = `${addressOf(trigger, entry, triggers)}${sample.path}`;
  const correlationId = `local-${randomUUID()}`;
  const sentAt = Date.now();
  const findSteps = () => readSteps(run, stacks, { correlationId, sentAt });

  const schedules = triggers.filter(({ kind }) => kind === "schedule");
  const expected = [...new Set([...domainsReachedFrom(entry, stacks), ...schedules.map(({ stack }) => stack.domain)])];
  const deleteSchedules = await triggerSchedulesNow(run, schedules, { correlationId });
  try {
    await send(url, sample, { ...accountHeaders(run, entry), "x-correlation-id": correlationId });
    const isRefused = () => readRefusals(stacks, sentAt).length > 0;
    const steps = await waitForSteps({ expected, findSteps, isRefused });
    return { url, correlationId, steps, missing: domainsWithoutStep(expected, steps) };
  } finally {
    await deleteSchedules();
  }
}

function addressOf({ id }: TriggerDescription, { stack }: Stack, triggers: DeployedTrigger[]): string {
  const deployed = triggers.find((trigger) => trigger.stack.stack === stack && trigger.id === id);
  if (!deployed?.address)
    throw new UserError(
      `${stack}/${id}: the trigger has no address on the local AWS, so the sample cannot be sent. Deploy ${stack} first: npm run local`,
    );
  return deployed.address;
}

async function send(url: string, { method, headers, body }: HttpSample, ownHeaders: Record<string, string>): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...ownHeaders, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok)
    throw new UserError(
      `The sample request failed. ${method} ${url} returned ${response.status}: ${await response.text()}\nRead the logs of its lambda: npm run local:logs`,
    );
}

/**
 * The domains that have a trigger and that an event of the entry domain should reach, including the entry domain.
 * A receiver is found in two ways: a sender reads the contract of the domain that it sends to, and a trigger of a bus
 * names the domain whose events it receives.
 */
function domainsReachedFrom(entry: Stack, stacks: Stack[]): string[] {
  const receives = (receiver: Stack, sender: Stack) =>
    sender.needs.includes(receiver.stack) || receiver.triggers.some(({ from }) => from === deployedDomain(sender));
  const receiversOf = (sender: Stack) => stacks.filter((receiver) => receives(receiver, sender)).map(({ stack }) => stack);
  const graph = new Map(stacks.map((sender) => [sender.stack, receiversOf(sender)]));
  const reached = reachableFrom(graph, entry.stack);
  return stacks.filter(({ stack, triggers }) => reached.includes(stack) && triggers.length > 0).map(({ domain }) => domain);
}

interface Expectation {
  /** The domains that should have a step. */
  expected: string[];
  findSteps: () => Promise<Step[]>;
  /** Whether a lambda was refused an action. */
  isRefused: () => boolean;
}

/** Reads the steps until every expected domain has one and no further step arrives, or until none can be expected to arrive. */
async function waitForSteps({ expected, findSteps, isRefused }: Expectation): Promise<Step[]> {
  const start = Date.now();
  let steps: Step[] = [];
  let lastNewStep = start;
  while (Date.now() - start < TIMEOUT_MS) {
    const found = await findSteps();
    if (found.length > steps.length) lastNewStep = Date.now();
    steps = found;
    const isComplete = domainsWithoutStep(expected, steps).length === 0;
    const quiet = Date.now() - lastNewStep;
    if (isComplete && quiet > QUIET_MS) break;
    if (quiet > REFUSED_QUIET_MS && isRefused()) break;
    await sleep(POLL_INTERVAL_MS);
  }
  return steps;
}

function domainsWithoutStep(expected: string[], steps: Step[]): string[] {
  return expected.filter((domain) => !steps.some((step) => step.domain === domain));
}

interface SentSample {
  correlationId: string;
  /** Milliseconds since 1970. */
  sentAt: number;
}

async function readSteps(run: LocalRun, stacks: Stack[], sent: SentSample): Promise<Step[]> {
  const ofLambdas = stacks.flatMap((stack) => stack.lambdas.map((lambda) => readStepsOf(run, stack, lambda, sent)));
  const steps = (await Promise.all(ofLambdas)).flat();
  return steps.sort((a, b) => a.milliseconds - b.milliseconds);
}

/** A lambda has several steps when it receives several events, or the same event again. */
async function readStepsOf(run: LocalRun, stack: Stack, lambda: LambdaDescription, { correlationId, sentAt }: SentSample): Promise<Step[]> {
  const lines = await readLogGroup({ run, stack, logGroup: lambda.logGroup, since: sentAt });
  return lines.flatMap((line) => {
    const { correlation_id, trigger, timestamp, message, reason } = parseJson(line.message) ?? {};
    if (correlation_id !== correlationId || !RESULTS.includes(message)) return [];
    const result = message === "handled" ? message : `${message}: ${reason}`;
    return [{ domain: stack.domain, trigger, lambda: lambda.name, milliseconds: Date.parse(timestamp) - sentAt, result }];
  });
}
