import project from "../../project.config";
import { followSample, type Step } from "../../scripts/local/journey";
import { runningSystem } from "../harness/running-system";

const { run, stacks, triggers } = runningSystem();
const kinds = [...new Set(stacks.flatMap((stack) => stack.triggers.map(({ kind }) => kind)))].sort();

/** The lambdas that handled the sample order and the events of the schedules. */
let steps: Step[];
beforeAll(async () => {
  const entry = stacks.find(({ domain }) => domain === project.entryDomain);
  if (!entry) throw new Error(`There is no domain ${project.entryDomain}, the entryDomain in project.config.ts.`);
  ({ steps } = await followSample({ run, stacks, entry, triggers: triggers() }));
});

test.each(kinds)("%s: the deployed trigger invokes its lambda with an event of the sample order", (kind) => {
  expect(steps.filter(({ trigger }) => trigger === kind).map(({ result }) => result)).toEqual(["handled"]);
});
