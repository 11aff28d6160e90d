import { UserError } from "../shared/errors";
import { readArtifact } from "./artifact";
import { runCommand } from "./command";
import { readLog } from "./journey";
import { readRun } from "./local-run";

const HELP = `
npm run local:logs [-- <text>…]

Prints what the lambdas on the local AWS have logged, oldest first; only lines that hold one of
the texts, such as a domain's name or a correlation id.`;

void runCommand(HELP, {}, async ({ names: texts }) => {
  const run = readRun();
  if (!run) throw new UserError("No local AWS runs; start it with npm run local.");
  const logs = readArtifact().flatMap((stack) =>
    stack.lambdas.map(async ({ name, logGroup }) => {
      const lines = await readLog(run, stack, logGroup);
      return lines.map(({ timestamp, message }) => ({ timestamp, text: `${stack.stack}/${name}  ${message.trimEnd()}` }));
    }),
  );
  for (const { timestamp, text } of (await Promise.all(logs)).flat().sort((a, b) => a.timestamp - b.timestamp)) {
    if (texts.length === 0 || texts.some((part) => text.includes(part)))
      process.stdout.write(`${new Date(timestamp).toISOString()}  ${text}\n`);
  }
});
