import { UserError } from "../../shared/errors";
import { readArtifact } from "../artifact/artifact";
import { runCommand } from "../cli/command";
import { readLog } from "../local/journey";
import { readRun } from "../local/run";

const HELP = `
npm run local:logs [-- <text>…]

Prints what the lambdas on the local AWS have logged, oldest first; only lines that hold one of
the texts, such as a domain's name or a correlation id.`;

/** What Lambda itself writes around every invocation. */
const LAMBDAS_OWN = /^\S+ {2}(START|END|REPORT) RequestId: /;

void runCommand({ help: HELP, positionals: { min: 0, max: Infinity } }, async ({ positionals: texts }) => {
  const run = readRun();
  if (!run) throw new UserError("No local AWS runs; start it with npm run local.");
  const logs = readArtifact().flatMap((stack) =>
    stack.lambdas.map(async ({ name, logGroup }) => {
      const lines = await readLog(run, stack, logGroup);
      return lines.map(({ timestamp = 0, message = "" }) => ({ timestamp, text: `${stack.stack}/${name}  ${message.trimEnd()}` }));
    }),
  );
  const lines = (await Promise.all(logs)).flat().filter(({ text }) => !LAMBDAS_OWN.test(text));
  const found = lines.filter(({ text }) => texts.length === 0 || texts.some((part) => text.includes(part)));
  for (const { timestamp, text } of found.sort((a, b) => a.timestamp - b.timestamp))
    process.stdout.write(`${new Date(timestamp).toISOString()}  ${text}\n`);
  if (found.length === 0)
    process.stdout.write(texts.length === 0 ? "Nothing has been logged yet.\n" : `No line holds ${texts.join(" or ")}.\n`);
});
