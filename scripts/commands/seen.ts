import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../../shared/errors";
import { runCommand } from "../cli/command";

const HELP = `
npm run seen

Writes docs/seen.md, which says how many rules of each trigger are tested on the local AWS and how
many only in the synthesized JSON. Prints all of these rules.

The rules are the tests that passed in the last complete runs of npm test, npm run test:system,
npm run drill, npm run test:roles and npm run test:faults.`;

const PAGE = "docs/seen.md";

/** The commands that run the suites. */
const SUITES = {
  unit: "npm test",
  system: "npm run test:system, on a running system (npm run local)",
  drills: "npm run drill, on a running system (npm run local)",
  roles: "npm run test:roles, on a running system (npm run local)",
  faults: "npm run test:faults",
};

/** The file whose tests name the drills that the local AWS cannot show, and the reason. */
const NOT_SHOWN_FILE = "not-shown.drill.ts";

/** A test that passed, in the form in which `__tests__/harness/results-reporter.js` writes it. */
interface PassedTest {
  file: string;
  /** The line of the call of `test` or `test.each`. */
  line: number;
  /** The titles of the `describe` blocks around it. */
  groups: string[];
  title: string;
}

/** A rule has one test, or several if it has several cases. */
interface Rule {
  /** Empty if the rule is in no `describe` block. */
  group: string;
  cases: PassedTest[];
}

interface TriggerRules {
  kind: string;
  local: Rule[];
  json: Rule[];
}

interface Results {
  triggers: TriggerRules[];
  /** The rules that every stack obeys. */
  conventions: Rule[];
  /** The rules that were tested on the local AWS, and are not about one kind of trigger. */
  otherLocal: Rule[];
  /** The rules for deploying under the deploy roles. */
  roles: Rule[];
  /** The rules for commands that are interrupted or that fail. */
  faults: Rule[];
  /** Titles that say what the local AWS cannot show, and why. */
  notShown: string[];
}

void runCommand({ help: HELP }, async () => {
  const results = readResults();
  writeFileSync(PAGE, toPage(results));
  process.stdout.write(`${toList(results)}\nWrote ${PAGE}.\n`);
});

function readResults(): Results {
  const unit = readPassedTests("unit");
  const running = [...readPassedTests("drills"), ...readPassedTests("system")];
  const shown = running.filter(({ file }) => basename(file) !== NOT_SHOWN_FILE);
  const kinds = triggerKinds();
  return {
    triggers: kinds.map((kind) => ({
      kind,
      local: rulesOf(shown.filter((test) => isAbout(kind, test))),
      json: rulesOf(unit.filter(({ file }) => basename(file) === `${kind}-trigger.test.ts`)),
    })),
    conventions: conventionsOf(unit.filter(({ file }) => basename(file) === "conventions.test.ts")),
    otherLocal: rulesOf(shown.filter((test) => !kinds.some((kind) => isAbout(kind, test)))),
    roles: rulesOf(readPassedTests("roles")),
    faults: rulesOf(readPassedTests("faults")),
    notShown: notShownTitles(running.filter(({ file }) => basename(file) === NOT_SHOWN_FILE)),
  };
}

/** @throws UserError when the suite has no results, because it has never been run as a whole */
function readPassedTests(suite: keyof typeof SUITES): PassedTest[] {
  const file = join(".build/results", `${suite}.json`);
  if (!existsSync(file)) throw new UserError(`There are no results of the suite "${suite}". First run all of it: ${SUITES[suite]}`);
  const tests: PassedTest[] = JSON.parse(readFileSync(file, "utf8"));
  // Jest runs files in any order.
  return tests.sort((one, other) => {
    if (one.file === other.file) return one.line - other.line;
    return one.file < other.file ? -1 : 1;
  });
}

function triggerKinds(): string[] {
  return readdirSync("shared/triggers").flatMap((file) => /^(.+)-trigger\.ts$/.exec(file)?.slice(1) ?? []);
}

/** Whether a test is about a kind of trigger: by the name of its file, or by its title if the file is about all kinds. */
function isAbout(kind: string, { file, title }: PassedTest): boolean {
  return basename(file).startsWith(`${kind}.`) || title.startsWith(`${kind}: `);
}

/** The rules of tests: the tests of one line are the cases of one rule. */
function rulesOf(tests: PassedTest[]): Rule[] {
  const byLine = groupBy(tests, ({ file, line }) => `${file}:${line}`);
  return byLine.map((cases) => ({ group: cases[0]?.groups.join(" ") ?? "", cases }));
}

/** The conventions: each is a `describe` block, with a test that every stack obeys the convention, and with counter-examples. */
function conventionsOf(tests: PassedTest[]): Rule[] {
  const byConvention = groupBy(tests, ({ groups: [convention], title }) => convention ?? title);
  return byConvention.map((cases) => ({ group: "", cases: cases.map((test) => ({ ...test, title: test.groups[0] ?? test.title })) }));
}

/** The cases of the file's table. Another suite shows what the other tests of that file are about. */
function notShownTitles(tests: PassedTest[]): string[] {
  return rulesOf(tests).flatMap(({ cases }) => (cases.length > 1 ? cases.map(({ title }) => title) : []));
}

function groupBy<Item>(items: Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

function toPage({ triggers, conventions, otherLocal, roles, faults, notShown }: Results): string {
  const rows = triggers.map(({ kind, local, json }) => `| ${kind} | ${local.length} | ${json.length} | none |`);
  return `# What was tested where

\`npm run seen\` writes this page from the tests that passed. It also prints the rules themselves.

- **Tested on the local AWS**: an event went through the resources that Terraform had deployed there.
- **Checked in the JSON only**: a test reads the JSON that synth writes for Terraform, because there is nothing to run, or because the local AWS is more lenient than AWS.
- **Tested on AWS**: nothing so far.

| trigger | rules tested on the local AWS | rules checked in the JSON only | rules tested on AWS |
| --- | --- | --- | --- |
${rows.join("\n")}

The numbers of other rules are:

- for every stack of every environment, checked in the JSON only: ${conventions.length}
- for more than one trigger, tested on the local AWS: ${otherLocal.length}
- for deploying everything under the deploy roles, tested on the local AWS: ${roles.length}
- for commands that fail or are interrupted, tested by running the commands: ${faults.length}

## What the local AWS cannot show

These are checked in the JSON only:

${notShown.map((title) => `- ${title}`).join("\n")}
`;
}

function toList({ triggers, conventions, otherLocal, roles, faults }: Results): string {
  return [
    ...triggers.flatMap(({ kind, local, json }) => [
      ...section(`${kind}, tested on the local AWS`, local),
      ...section(`${kind}, checked in the JSON only`, json),
    ]),
    ...section("every stack of every environment, checked in the JSON only", conventions),
    ...section("more than one trigger, tested on the local AWS", otherLocal),
    ...section("deploying everything under the deploy roles, tested on the local AWS", roles),
    ...section("commands that fail or are interrupted, tested by running the commands", faults),
  ].join("\n");
}

function section(title: string, rules: Rule[]): string[] {
  const lines = groupBy(rules, ({ group }) => group).flatMap((together) => {
    const items = together.map((rule) => `- ${textOf(rule)}`);
    const group = together[0]?.group;
    return group ? [group, ...items.map((item) => `  ${item}`)] : items;
  });
  return [`${title}: ${rules.length}`, ...lines.map((line) => `  ${line}`), ""];
}

/** The title of the first case, without the kind of trigger, and the number of the other cases. */
function textOf({ cases }: Rule): string {
  const title = (cases[0]?.title ?? "").replace(/^[a-z-]+: /, "");
  return cases.length > 1 ? `${title} (and ${cases.length - 1} more)` : title;
}
