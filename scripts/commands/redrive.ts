import { Lambda } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import confirm from "@inquirer/confirm";
import { UserError } from "../../shared/errors";
import { readArtifact, type Stack, selectStacks } from "../artifact/artifact";
import { checkAccount } from "../aws/account";
import { runCommand } from "../cli/command";
import { printTable } from "../cli/table";
import { drain, moveBack, peek } from "../redrive/dead-letters";
import { callOf, type DeadLetters, invoke, reasonOf } from "../redrive/replay";

const HELP = `
npm run redrive -- <domain>-<environment> [<trigger>]

Shows what lies in the dead-letter queues of a domain, or of one of its triggers, and brings it back:
messages to their queue; an event that a lambda did not get or handle to that lambda, and to no other
subscriber; a stream's records by reading them again. What lies in a queue is deleted once it was
handled. Works in the account of your credentials, or on the local AWS in a shell with its variables
(npm run local:env). See docs/redrive.md.

  --dry-run   only show
  --yes       do not ask before`;

const OPTIONS = { "dry-run": { type: "boolean" }, yes: { type: "boolean" } } as const;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 0, max: 2 } },
  async ({ positionals: [id, trigger], options, signal }) => {
    const [stack, ...others] = id === undefined ? [] : selectStacks(readArtifact(), [id]);
    if (!stack || others.length > 0) throw new UserError("Name one domain and its environment: npm run redrive -- orders-int");
    const settings = { region: stack.region };
    await checkAccount(stack);
    // What a lambda may have done is not asked of it again unseen.
    const [sqs, lambda] = [new SQS(settings), new Lambda({ ...settings, maxAttempts: 1 })];
    const found = await Promise.all(queuesOf(stack, trigger).map((queue) => look(sqs, queue)));
    const full = found.filter(({ count }) => count > 0);
    if (full.length === 0) return void process.stdout.write(`Nothing lies in the dead-letter queues (${found.length}).\n`);
    const rows = full.map(({ queue, count, oldest, reason }) => [queue.trigger, queue.name, queue.holds, String(count), oldest, reason]);
    printTable(["trigger", "queue", "holds", "count", "oldest", "first reason"], rows);
    if (options["dry-run"]) return;
    if (!options.yes && !process.stdin.isTTY)
      throw new UserError("There is no terminal to ask on: say --yes to bring it all back, or --dry-run to only look.");
    const message = `Bring it back in ${stack.stack}, account ${stack.account}?`;
    if (!options.yes && !(await confirm({ message, default: false }))) return;

    const left: string[] = [];
    for (const { queue, url, count } of full) {
      const onProgress = (done: number) => void (process.stdout.isTTY && process.stdout.write(`\r${queue.name}: ${done} of ${count}`));
      const run = { onProgress, signal };
      const bringing =
        queue.holds === "messages"
          ? moveBack(sqs, url, queue.source ?? "", run)
          : drain(sqs, url, async (message) => invoke(lambda, stack, await callOf(message, queue, settings)), run);
      const outcome = await bringing.catch(({ message }: Error) => ({ done: 0, left: [message] }));
      signal.throwIfAborted();
      process.stdout.write(`${process.stdout.isTTY ? "\r" : ""}${queue.name}: ${outcome.done} back, ${outcome.left.length} left\n`);
      left.push(...outcome.left.map((reason) => `${queue.name}, ${reason}`));
    }
    if (left.length > 0) throw new UserError(`Left where they are:\n${left.map((line) => `  ${line}`).join("\n")}`);
  },
);

/** The queues, each once: that of a lambda's failures stands with each of its triggers. */
function queuesOf({ stack, triggers }: Stack, trigger: string | undefined): DeadLetters[] {
  const chosen = triggers.filter(({ id }) => trigger === undefined || id === trigger);
  if (chosen.length === 0)
    throw new UserError(`${stack} has no trigger "${trigger ?? ""}"; there are: ${triggers.map(({ id }) => id).join(", ") || "none"}.`);
  const queues = chosen.flatMap(({ id, kind, deadLetterQueues }) => deadLetterQueues.map((queue) => ({ ...queue, trigger: id, kind })));
  return [...new Map(queues.map((queue) => [queue.name, queue])).values()];
}

async function look(sqs: SQS, queue: DeadLetters) {
  const { QueueUrl: url = "" } = await sqs.getQueueUrl({ QueueName: queue.name }).catch((error: Error) => {
    throw new UserError(`${queue.name} cannot be looked at: ${error.message}`);
  });
  const { count, messages } = await peek(sqs, url);
  const minutes = (Date.now() - Math.min(...messages.map(({ Attributes }) => Number(Attributes?.SentTimestamp)))) / 60_000;
  const oldest = messages.length === 0 ? "?" : minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;
  const reason = messages.map(reasonOf).find(Boolean) ?? "see the lambda's log";
  return { queue, url, count, oldest, reason: reason.slice(0, 80) };
}
