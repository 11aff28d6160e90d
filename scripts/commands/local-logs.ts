import type { LambdaDescription } from "../../shared/stack-description";
import { readArtifact, type Stack } from "../artifact/artifact";
import { runCommand } from "../cli/command";
import { printable } from "../cli/printable";
import { ignoreShellSettings } from "../local/environment";
import { readLogGroup } from "../local/logs";
import { type LocalRun, requireRun } from "../local/run";

const HELP = `
npm run local:logs [-- <text>…]

Prints the log lines of all lambdas on the local AWS, oldest first. With texts, prints only the lines
that contain at least one of them, for example the name of a domain or a correlation id.`;

/** The lines that Lambda itself writes for every invocation. */
const LAMBDA_PLATFORM_LINE = /^(START|END|REPORT) RequestId: /;

interface LogLine {
  timestamp: number;
  /** The line, after the stack and lambda that wrote it: `orders-int/record-order  {…}` */
  text: string;
}

void runCommand({ help: HELP, positionals: { min: 0, max: Infinity } }, async ({ positionals: texts }) => {
  ignoreShellSettings();
  const run = requireRun();
  const logs = readArtifact().flatMap((stack) => stack.lambdas.map((lambda) => readLog(run, stack, lambda)));
  const all = (await Promise.all(logs)).flat();
  const matching = all.filter(({ text }) => texts.length === 0 || texts.some((part) => text.includes(part)));
  matching.sort((a, b) => a.timestamp - b.timestamp);
  for (const { timestamp, text } of matching) process.stdout.write(`${new Date(timestamp).toISOString()}  ${printable(text)}\n`);
  if (matching.length === 0) process.stdout.write(`${nothingFound(texts)}\n`);
});

async function readLog(run: LocalRun, stack: Stack, { name, logGroup }: LambdaDescription): Promise<LogLine[]> {
  const events = await readLogGroup({ run, stack, logGroup });
  return events
    .filter(({ message = "" }) => !LAMBDA_PLATFORM_LINE.test(message))
    .map(({ timestamp = 0, message = "" }) => ({ timestamp, text: `${stack.stack}/${name}  ${message.trimEnd()}` }));
}

function nothingFound(texts: string[]): string {
  if (texts.length === 0) return "The lambdas have not logged anything yet.";
  return `No log line contains ${texts.map((text) => `"${text}"`).join(" or ")}.`;
}
