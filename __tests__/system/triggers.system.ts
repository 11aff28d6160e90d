import project from "../../project.config";
import { followSample, type Step } from "../../scripts/local/journey";
import { runningSystem } from "../harness/running-system";

const { run, stacks, triggers } = runningSystem();
const kinds = [...new Set(stacks.flatMap((stack) => stack.triggers.map(({ kind }) => kind)))].sort();

/** The way of one order, and of what a schedule sends. */
let steps: Step[];
beforeAll(async () => {
  const entry = stacks.find(({ domain }) => domain === project.entryDomain);
  if (!entry) throw new Error(`there is no ${project.entryDomain}`);
  ({ steps } = await followSample({ run, stacks, entry, triggers: await triggers() }));
});

test.each(kinds)("%s: invokes its lambda, as deployed, with one order's event", (kind) => {
  expect(steps.filter(({ trigger }) => trigger === kind).map(({ result }) => result)).toEqual(["handled"]);
});
