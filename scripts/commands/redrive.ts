import { Lambda } from "@aws-sdk/client-lambda";
import { type Message, SQS } from "@aws-sdk/client-sqs";
import { UserError } from "../../shared/errors";
import { readArtifact, type Stack, selectStacks } from "../artifact/artifact";
import { checkAccount } from "../aws/account";
import { runCommand } from "../cli/command";
import { isConfirmed } from "../cli/confirm";
import { printTable } from "../cli/table";
import { drain, moveBack, peek, type RedriveOptions, type RedriveResult } from "../redrive/dead-letters";
import { type DeadLetterQueue, invoke, reasonOf, toInvocation } from "../redrive/replay";

const HELP = `
npm run redrive -- <domain>-<environment> [<trigger>]

Shows the messages in the dead-letter queues of a domain, or of one of its triggers, and brings them
back:
- A message of a queue moves back to that queue.
- An event that a lambda did not receive or handle goes to that lambda, and to no other subscriber.
- Records of a stream are read again, and go to the lambda that failed.
A message is deleted from the dead-letter queue after it has been handled. docs/redrive.md has more.

The command works in the account of your credentials. For the local AWS, run it in a shell with
the variables of "npm run -s local:env".

  --dry-run   only show the messages
  --yes       do not ask for confirmation`;

/** The longest reason that the table shows. The full reason is in the lambda's log. */
const MOST_REASON_CHARACTERS = 80;

const OPTIONS = { "dry-run": { type: "boolean" }, yes: { type: "boolean" } } as const;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 0, max: 2 } },
  async ({ positionals: [id, trigger], options, signal }) => {
    const stack = selectStack(id);
    await checkAccount(stack);
    const clients = clientsOf(stack);
    const all = await Promise.all(queuesOf(stack, trigger).map((queue) => inspect(clients.sqs, queue)));
    const inspected = all.filter(({ count }) => count > 0);
    if (inspected.length === 0) {
      process.stdout.write(`All dead-letter queues are empty (${all.length} checked).\n`);
      return;
    }
    showMessages(inspected);
    if (options["dry-run"]) return;
    if (!options.yes && !(await mayRedrive(stack, signal))) return;

    const remaining: string[] = [];
    for (const each of inspected) {
      const result = await redrive(clients, stack, each, signal);
      remaining.push(...result.remaining.map((reason) => `  ${each.queue.name}, ${reason}`));
    }
    if (remaining.length > 0) throw new UserError(`These messages remain in their dead-letter queues:\n${remaining.join("\n")}`);
  },
);

interface Clients {
  sqs: SQS;
  lambda: Lambda;
}

/** A dead-letter queue and its messages. */
interface Inspected {
  queue: DeadLetterQueue;
  url: string;
  count: number;
  /** The age of the oldest message: `60 min`. */
  age: string;
  /** The reason of the first message that has one. */
  reason: string;
}

/** @throws UserError unless the name is that of one stack */
function selectStack(id: string | undefined): Stack {
  const [stack, ...others] = id === undefined ? [] : selectStacks(readArtifact(), [id]);
  if (stack && others.length === 0) return stack;
  throw new UserError("Name one domain and its environment: npm run redrive -- orders-int");
}

function clientsOf({ region }: Stack): Clients {
  // The SDK must not repeat an invocation whose answer was lost: the lambda may have handled the event.
  return { sqs: new SQS({ region }), lambda: new Lambda({ region, maxAttempts: 1 }) };
}

/** The dead-letter queues of all triggers, or of one. A queue that triggers of the same lambda share is returned once. */
function queuesOf({ stack, triggers }: Stack, trigger: string | undefined): DeadLetterQueue[] {
  const selected = triggers.filter(({ id }) => trigger === undefined || id === trigger);
  if (selected.length === 0) {
    const known = triggers.map(({ id }) => id).join(", ") || "none";
    throw new UserError(`${stack} has no trigger "${trigger ?? ""}". Its triggers are: ${known}.`);
  }
  const queues = selected.flatMap(({ id, kind, deadLetterQueues }) => deadLetterQueues.map((queue) => ({ ...queue, trigger: id, kind })));
  return [...new Map(queues.map((queue) => [queue.name, queue])).values()];
}

async function inspect(sqs: SQS, queue: DeadLetterQueue): Promise<Inspected> {
  const { QueueUrl: url = "" } = await sqs.getQueueUrl({ QueueName: queue.name }).catch((error: Error) => {
    throw new UserError(`The queue ${queue.name} cannot be read: ${error.message}`);
  });
  const { count, messages } = await peek({ sqs, url });
  const reason = messages.map(reasonOf).find(Boolean) ?? "see the lambda's log";
  return { queue, url, count, age: ageOf(messages), reason: reason.slice(0, MOST_REASON_CHARACTERS) };
}

function ageOf(messages: Message[]): string {
  if (messages.length === 0) return "?";
  const oldest = Math.min(...messages.map(({ Attributes }) => Number(Attributes?.SentTimestamp)));
  const minutes = (Date.now() - oldest) / 60_000;
  return minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;
}

function showMessages(inspected: Inspected[]): void {
  const rows = inspected.map(({ queue, count, age, reason }) => [queue.trigger, queue.name, queue.holds, String(count), age, reason]);
  printTable(["trigger", "queue", "holds", "count", "oldest", "first reason"], rows);
}

/** @throws UserError when there is no terminal to ask on */
async function mayRedrive({ stack, account }: Stack, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UserError("There is no terminal to ask on. Pass --yes to bring the messages back, or --dry-run to only show them.");
  return isConfirmed(`Bring these messages back in ${stack}, account ${account}?`, signal);
}

async function redrive(
  { sqs, lambda }: Clients,
  stack: Stack,
  { queue, url, count }: Inspected,
  signal: AbortSignal,
): Promise<RedriveResult> {
  const isTerminal = process.stdout.isTTY;
  const options: RedriveOptions = {
    signal,
    onProgress: (redriven) => {
      if (isTerminal) process.stdout.write(`\r${queue.name}: ${redriven} of ${count}`);
    },
  };
  const replay = async (message: Message) => {
    await invoke(lambda, stack, await toInvocation(message, queue, { region: stack.region }));
    return undefined;
  };
  const running = queue.holds === "messages" ? moveBack({ sqs, url }, queue.source ?? "", options) : drain({ sqs, url }, replay, options);
  // An error in one queue must not keep the other queues from being redriven.
  const result = await running.catch(({ message }: Error): RedriveResult => ({ redriven: 0, remaining: [message] }));
  signal.throwIfAborted();
  process.stdout.write(`${isTerminal ? "\r" : ""}${queue.name}: ${result.redriven} redriven, ${result.remaining.length} remaining\n`);
  return result;
}
