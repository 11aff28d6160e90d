import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../../shared/errors";
import { runCommand } from "../cli/command";

const HELP = `
npm run seen [-- --check]

Writes docs/seen.md: which rule of which trigger ran on the local AWS, and which is asserted on
the synthesized JSON only, from what npm test, npm run test:system, npm run drill and
npm run test:faults have passed here.

  --check   writes nothing; fails where docs/seen.md says something else`;

const PAGE = "docs/seen.md";
const SUITES = { unit: "npm test", system: "npm run test:system", drills: "npm run drill", faults: "npm run test:faults" };
const NOT_SHOWN = "not-shown.drill.ts";
const LOCAL = "ran on the local AWS";
const JSON_ONLY = "JSON only";
const HEAD = `# What was seen where

Made by \`npm run seen\` from the tests that passed. **${LOCAL}**: an event went through what Terraform had deployed there.
**${JSON_ONLY}**: asserted on what Terraform gets, for there is nothing to run, or the local AWS is more lenient than AWS.
**On AWS itself nothing of this was seen yet.**
`;

/** A test that passed. Those of one line are the cases of one rule. */
interface Passed {
  file: string;
  line: number;
  groups: string[];
  title: string;
}

interface Rule {
  /** What it is a rule of, where the tests have a group for that. */
  group: string;
  rule: string;
}

void runCommand({ help: HELP, options: { check: { type: "boolean" } } }, async ({ options }) => {
  const page = seenPage();
  if (!options.check) {
    writeFileSync(PAGE, page);
    process.stdout.write(`Wrote ${PAGE}.\n`);
  } else if (!existsSync(PAGE) || readFileSync(PAGE, "utf8") !== page) {
    throw new UserError(`${PAGE} is not what the tests say; run npm run seen and commit it.`);
  }
});

function seenPage(): string {
  const unit = passed("unit");
  const running = [...passed("drills"), ...passed("system")];
  const beyond = running.filter((test) => !triggerKinds().some((kind) => isOf(kind, test)) && basename(test.file) !== NOT_SHOWN);
  const triggers = triggerKinds().map((kind) => ({
    kind,
    local: rulesOf(running.filter((test) => isOf(kind, test))),
    json: rulesOf(unit.filter(({ file }) => basename(file) === `${kind}-trigger.test.ts`)),
  }));
  return [
    HEAD,
    table(
      ["trigger", `rules that ${LOCAL}`, `rules on the ${JSON_ONLY}`, "seen on AWS itself"],
      triggers.map(({ kind, local, json }) => [`[${kind}](#${kind})`, local.length, json.length, "never yet"]),
    ),
    ...triggers.map(({ kind, local, json }) => section(kind, [...seen(local, LOCAL), ...seen(withoutRefusals(json), JSON_ONLY)])),
    section("Every stack of every environment", seen(guardrails(of("conventions.test.ts", unit)), JSON_ONLY)),
    section("Beyond one trigger", seen(rulesOf(beyond), LOCAL)),
    section("What the local AWS would not show", seen(notShown(of(NOT_SHOWN, running)), JSON_ONLY)),
    section("Deploys that go wrong", seen(rulesOf(passed("faults")), LOCAL)),
  ].join("\n");
}

/** By the name of its file or, where that is of all triggers, by what the test's name begins with. */
function isOf(kind: string, { file, title }: Passed): boolean {
  return basename(file).startsWith(`${kind}.`) || title.startsWith(`${kind}: `);
}

function of(name: string, tests: Passed[]): Passed[] {
  return tests.filter(({ file }) => basename(file) === name);
}

function section(title: string, rows: string[][]): string {
  return `## ${title}\n\n${table(["rule", "seen"], rows)}`;
}

/** A row for each rule, and one for all that a group says of one thing. */
function seen(rules: Rule[], where: string): string[][] {
  return grouped(rules, ({ group, rule }) => group || rule).map((together) => {
    const texts = together.map(({ rule }) => rule);
    const group = together[0]?.group;
    return [!group ? texts.join() : texts.length > 1 ? [group, ...texts].join("<br>• ") : `${group} ${texts.join()}`, where];
  });
}

function triggerKinds(): string[] {
  return readdirSync("shared/triggers").flatMap((file) => /^(.+)-trigger\.ts$/.exec(file)?.slice(1) ?? []);
}

/** One text for each rule, in the order of the tests: that of its first case, and how many more there are. */
function rulesOf(tests: Passed[]): Rule[] {
  return grouped(tests, ({ file, line }) => `${file}:${line}`).map((cases) => {
    const { groups = [], title = "" } = cases[0] ?? {};
    const others = cases.length > 1 ? ` (and ${cases.length - 1} more like it)` : "";
    return { group: groups.join(" "), rule: title.replace(/^[a-z-]+: /, "") + others };
  });
}

/** What synth refuses is never deployed anywhere: one line tells how much it is. */
function withoutRefusals(rules: Rule[]): Rule[] {
  const kept = rules.filter(({ group, rule }) => !/\brefused\b/.test(`${group} ${rule}`));
  const refusals = rules.length - kept.length;
  return refusals > 0 ? [...kept, { group: "", rule: `what cannot work is refused at synth (rules: ${refusals})` }] : kept;
}

/** Rules of the conventions test: a group each, in which one test keeps the rule and the others break it. */
function guardrails(tests: Passed[]): Rule[] {
  return grouped(tests, ({ groups, title }) => (groups[0] === "between stacks" ? title : (groups[0] ?? title))).map((cases) => {
    const { groups: [rule] = [], title = "" } = cases[0] ?? {};
    return { group: "", rule: cases.length > 1 ? `${rule} (examples that break it and are found: ${cases.length - 1})` : title };
  });
}

/** What is no drill, each with its reason. */
function notShown(tests: Passed[]): Rule[] {
  return tests.map(({ title }) => ({ group: "", rule: title })).filter(({ rule }) => rule.includes("would not show"));
}

function grouped<Item>(items: Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

function table(header: string[], rows: (string | number)[][]): string {
  const line = (cells: (string | number)[]) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line), ""].join("\n");
}

/** In an order of their own, for suites run in any. @throws UserError when the suite has not passed as a whole here */
function passed(suite: keyof typeof SUITES): Passed[] {
  const file = join(".build/results", `${suite}.json`);
  if (!existsSync(file))
    throw new UserError(`There are no results of ${SUITES[suite]}; run it first (all but npm test on a running system).`);
  const tests: Passed[] = JSON.parse(readFileSync(file, "utf8"));
  return tests.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}
