import project from "../../project.config";
import { addressKey, followSample, localApiUrl, type Step } from "../../scripts/journey";
import { runningSystem } from "../support/running-system";

const { run, stacks, addressOf } = runningSystem();
const triggers = stacks.flatMap((stack) => stack.triggers.map((trigger) => ({ stack, ...trigger })));

/** The way of one order, and of what a schedule sends. */
let steps: Step[];
beforeAll(async () => {
  const addresses = new Map<string, string>();
  for (const { stack, id, kind } of triggers) {
    const address = await addressOf(stack.domain);
    addresses.set(addressKey(stack, id), kind === "http-api" ? localApiUrl(run, address) : address);
  }
  const entry = stacks.find(({ domain }) => domain === project.entryDomain);
  if (!entry) throw new Error(`there is no ${project.entryDomain}`);
  ({ steps } = await followSample(run, stacks, entry, addresses));
});

test.each([...new Set(triggers.map(({ kind }) => kind))].sort())("%s: invokes its lambda, as deployed, with one order's event", (kind) => {
  expect(steps.filter(({ trigger }) => trigger === kind).map(({ result }) => result)).toEqual(["handled"]);
});
