import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../shared/errors";
import { runCommand } from "./command";

const HELP = `
npm run seen [-- --check]

Writes docs/seen.md: for each trigger, which of its rules ran on the local AWS and which are
asserted on the synthesized JSON only, from what npm test, npm run test:system and npm run drill
have passed here.

  --check   writes nothing; fails where docs/seen.md says something else`;

const PAGE = "docs/seen.md";
const HEAD = `# What was seen where

Made by \`npm run seen\` from the names of the tests that passed. The local AWS is more lenient than AWS in places: what it
cannot show is asserted on the JSON that Terraform gets. Nothing in this table was seen on AWS itself yet.
`;

/** Path of the test's file, names of its groups, name of the test. */
type Passed = string[];

void runCommand(HELP, { check: { type: "boolean" } }, async ({ options }) => {
  const page = [HEAD, ...triggerKinds().map(section)].join("\n");
  if (!options.check) {
    writeFileSync(PAGE, page);
    process.stdout.write(`Wrote ${PAGE}.\n`);
  } else if (!existsSync(PAGE) || readFileSync(PAGE, "utf8") !== page) {
    throw new UserError(`${PAGE} is not what the tests say; run npm run seen and commit it.`);
  }
});

function triggerKinds(): string[] {
  return readdirSync("shared/triggers").flatMap((file) => /^(.+)-trigger\.ts$/.exec(file)?.slice(1) ?? []);
}

function section(kind: string): string {
  const onLocalAws = [...passed("drills"), ...passed("system")].filter(([file = ""]) => basename(file).split(".")[0] === kind);
  const onJson = passed("unit").filter(([file = ""]) => basename(file) === `${kind}-trigger.test.ts`);
  const rows = (tests: Passed[], where: string) => tests.map(([, ...names]) => `| ${names.join(" ").replaceAll("|", "\\|")} | ${where} |`);
  return [
    `## ${kind}\n`,
    "| rule | seen |",
    "| --- | --- |",
    ...rows(onLocalAws, "ran on the local AWS"),
    ...rows(onJson, "JSON"),
    "",
  ].join("\n");
}

/** @throws UserError when the suite has not passed as a whole here */
function passed(suite: "unit" | "system" | "drills"): Passed[] {
  const file = join(".build/results", `${suite}.json`);
  if (!existsSync(file))
    throw new UserError(
      `There are no results of the ${suite} tests; run npm test, and on a running system npm run test:system and npm run drill.`,
    );
  return JSON.parse(readFileSync(file, "utf8"));
}
