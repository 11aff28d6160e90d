import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CONVENTIONS } from "../conventions";
import { type Convention, type CounterExample, firstResource, type SynthesizedStack } from "../conventions/convention";
import { exceptionProblems, violationsOf } from "../conventions/violations";
import config from "../project.config";
import { stacksOf, synthClone } from "./harness/clone";
import { projectCopy } from "./harness/project-copy";
import { synthSpecimens } from "./harness/specimens";

/** Every stack of every environment of the project. */
let stacks: SynthesizedStack[];

beforeAll(async () => {
  const clone = projectCopy();
  expect(await synthClone(clone)).toMatchObject({ exitCode: 0, stderr: "" });
  stacks = stacksOf(join(clone, "cdktf.out"));
}, 120_000);

/** Stacks that obey every convention and have every kind of resource, whatever the project's own domains are. */
const specimens = synthSpecimens();

/** Copies of the specimens, of which one is changed. */
function changedSpecimens({ specimen = "sample", change }: CounterExample): SynthesizedStack[] {
  const copies = structuredClone(specimens);
  const changed = copies.find(({ description }) => description.domain === specimen);
  if (!changed) throw new Error(`There is no specimen ${specimen}`);
  change(changed, copies);
  return copies;
}

function conventionOf(id: string): Convention {
  const found = CONVENTIONS.find((convention) => convention.id === id);
  if (!found) throw new Error(`There is no convention ${id}`);
  return found;
}

test("every environment has its shared stack and every domain", () => {
  const folders = readdirSync(join(__dirname, "../domains"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const expected = config.environments.flatMap(({ name }) =>
    ["shared", ...folders.map((folder) => folder.name)].map((domain) => `${domain}-${name}`),
  );
  // The stack `access` exists only if Terraform runs on a server.
  const ids = stacks.map(({ description }) => description.stack).filter((id) => !id.startsWith("access-"));
  expect(ids.sort()).toEqual(expected.sort());
});

test("every kind of trigger is in the specimens, on which the conventions are tested", () => {
  const kinds = readdirSync(join(__dirname, "../shared/triggers")).flatMap((file) => /^(.+)-trigger\.ts$/.exec(file)?.slice(1) ?? []);
  const tested = specimens.flatMap(({ description }) => description.triggers.map(({ kind }) => kind));
  expect([...new Set(tested)].sort()).toEqual(kinds.sort());
});

test("a domain that was renamed breaks no convention, and its specimen is one that was", () => {
  const renamed = synthSpecimens("example");
  expect(renamed.map(({ description }) => [description.stack, description.formerly])).toContainEqual(["example-live", "sample"]);
  expect(CONVENTIONS.flatMap((convention) => violationsOf(convention, renamed))).toEqual([]);
});

test("every convention has an id of its own in kebab-case, and a counter-example", () => {
  const ids = CONVENTIONS.map(({ id }) => id);
  expect(ids.filter((id, index) => !/^[a-z]+(-[a-z]+)*$/.test(id) || ids.indexOf(id) !== index)).toEqual([]);
  expect(CONVENTIONS.filter(({ counterExamples }) => counterExamples.length === 0)).toEqual([]);
});

test("docs/conventions.md has a row for every convention, and no other row", () => {
  const page = readFileSync(join(__dirname, "../docs/conventions.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const expected = CONVENTIONS.map(({ id, rule, noExceptions }) => `| \`${id}\` | ${rule} | ${noExceptions ? "no" : "yes"} |`);
  expect(rows).toEqual(expected);
});

test("every exception is to a convention that allows exceptions, and is needed", () => {
  expect(exceptionProblems(CONVENTIONS, stacks)).toEqual([]);
});

describe.each(CONVENTIONS)("$id: $rule", (convention) => {
  test("is true for every stack of every environment, or has an exception (see docs/conventions.md)", () => {
    expect(violationsOf(convention, specimens)).toEqual([]);
    expect(violationsOf(convention, stacks)).toEqual([]);
  });

  test.each(convention.counterExamples)("finds $title", (counterExample) => {
    const changed = changedSpecimens(counterExample);
    expect(violationsOf(convention, changed)).toContainEqual(expect.stringContaining(counterExample.finds ?? ""));
    if (convention.noExceptions) return;
    // An exception refers to resources, so that a violation without one could have none.
    const violations = changed.flatMap((stack) => convention.check(stack, changed));
    expect(violations.filter(({ resource }) => !resource)).toEqual([]);
  });
});

test("log-retention accepts the value of a lambda's own option", () => {
  const changed = changedSpecimens({
    title: "the option and the log group with the same value",
    change: ({ json, description }) => {
      Object.assign(description.lambdas.find(({ name }) => name === "work") ?? {}, { logRetentionDays: 365 });
      firstResource(json, "aws_cloudwatch_log_group", /work/).retention_in_days = 365;
    },
  });
  expect(violationsOf(conventionOf("log-retention"), changed)).toEqual([]);
});
