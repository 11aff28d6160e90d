import { randomUUID } from "node:crypto";
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { InvoiceIssued } from "../../domains/receipts/contract";
import { runProcess } from "../../scripts/cli/process";
import { clientVariables } from "../../scripts/local/client-settings";
import { type DeadLetterQueueDescription, LAMBDA_ALIAS } from "../../shared/stack-description";
import { topicEvent } from "../../testing/events";
import { expectBalanced } from "../harness/balance";
import { deployedLambda } from "../harness/deployed-lambda";
import { eventually } from "../harness/eventually";
import { orderHands, orders } from "../harness/orders";
import { queueHands } from "../harness/queue-hands";
import { newOrder, runningSystem } from "../harness/running-system";

const system = runningSystem();
const { run, settings, addressOf, triggerOf, functionOf, handledBy, request } = system;
const { settled } = orderHands(system);
const sqs = new SQS(settings);
const { accessKeyId: account } = settings.credentials;
const env = { ...process.env, ...clientVariables(run, { account, region: settings.region }) };

const NOT_MENDED = 'async () => { throw new Error("not mended yet") }';

function deadLetters(domain: string, holds: DeadLetterQueueDescription["holds"]): string {
  const found = triggerOf(domain).deadLetterQueues.find((queue) => queue.holds === holds);
  if (!found) throw new Error(`${domain} has no queue that holds ${holds}`);
  return found.name;
}
const urlOf = async (QueueName: string) => (await sqs.getQueueUrl({ QueueName })).QueueUrl;

async function count(queue: string): Promise<number> {
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl: await urlOf(queue), AttributeNames: [...names] });
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}
const put = async (queue: string, body: object) => sqs.sendMessage({ QueueUrl: await urlOf(queue), MessageBody: JSON.stringify(body) });

/** As a person does it. */
async function redrive(...args: string[]) {
  const { exitCode, stdout, stderr } = await runProcess(process.execPath, ["--import", "tsx", "scripts/commands/redrive.ts", ...args], {
    env,
  });
  return { exitCode, output: stdout + stderr };
}

/** Each drill brings back all that lies there, and counts it. */
beforeAll(async () => {
  const queues = ["orders", "receipts", "ledger"].flatMap((domain) => triggerOf(domain).deadLetterQueues.map(({ name }) => name));
  for (const queue of queues) {
    const left = await count(queue);
    if (left > 0)
      throw new Error(`${queue} still holds ${left} messages of before; redrive or delete them, or begin anew: npm run local:down`);
  }
});

test("what a queue's lambda failed on is handled once it is mended and redriven, not before, and once", async () => {
  const recordOrder = deployedLambda(settings, functionOf("orders", "record-order"));
  const deadLetterQueue = deadLetters("orders", "messages");
  const queue = queueHands(settings, { queueUrl: addressOf("orders"), deadLetterQueue });
  const unhide = await queue.hideFor(1);
  const { customer, events } = orders(5);
  try {
    await recordOrder.wrap(NOT_MENDED);
    await queue.send(events);
    await eventually("5 dead letters", async () => (await count(deadLetterQueue)) >= 5, 60);
  } finally {
    await recordOrder.restore();
    await unhide();
  }
  const shown = await redrive("orders-int", "--dry-run");
  expect(shown.output).toMatch(new RegExp(`${deadLetterQueue} +messages +5`));
  expect(await count(deadLetterQueue)).toBe(5);
  expect(await redrive("orders-int")).toMatchObject({ exitCode: 1, output: expect.stringContaining("--yes") });
  expect(await redrive("orders-int", "--yes")).toMatchObject({ exitCode: 0, output: expect.stringContaining("5 redriven, 0 remaining") });
  expectBalanced({ sent: 5, ...(await settled(customer, 5)), dead: await count(deadLetterQueue) }, "visibility 1 s in place of minutes");
});

test("what a topic could not deliver, and what its lambda failed on, goes to that lambda alone, once", async () => {
  const correlationId = `redrive-${randomUUID()}`;
  const [undelivered, failed] = [1, 2].map((at) => ({
    ...InvoiceIssued.example,
    orderId: randomUUID(),
    correlationId: `${correlationId}-${at}`,
  }));
  const functionArn = `arn:aws:lambda:${settings.region}:${account}:function:${functionOf("receipts", "send-receipt")}:${LAMBDA_ALIAS}`;
  await put(deadLetters("receipts", "deliveries"), {
    Type: "Notification",
    MessageId: "1",
    TopicArn: "arn",
    Message: JSON.stringify(undelivered),
  });
  await put(deadLetters("receipts", "invocations"), {
    version: "1.0",
    requestContext: { functionArn, condition: "RetriesExhausted", approximateInvokeCount: 3 },
    requestPayload: topicEvent(failed),
    responseContext: { statusCode: 200, functionError: "Unhandled" },
    responsePayload: { errorMessage: "not mended yet" },
  });
  expect((await redrive("receipts-int", "--dry-run")).output).toContain("not mended yet");
  expect(await redrive("receipts-int", "--yes")).toMatchObject({ exitCode: 0 });
  const handled = await eventually("receipts", async () => {
    const ids = await handledBy("receipts", "send-receipt", correlationId);
    return ids.length >= 2 && ids;
  });
  const dead = (await count(deadLetters("receipts", "deliveries"))) + (await count(deadLetters("receipts", "invocations")));
  const done = new Set(handled).size;
  expectBalanced({ sent: 2, done, dead, twice: handled.length - done }, "put there by hand, as AWS documents it: the local AWS does not");
});

test("what a table's lambda failed on is read again from the stream, and announced once", async () => {
  const announceEntry = deployedLambda(settings, functionOf("ledger", "announce-entry"));
  const client = new LambdaClient(settings);
  const FunctionName = functionOf("ledger", "announce-entry");
  const { EventSourceMappings: [mapping] = [] } = await client.send(new ListEventSourceMappingsCommand({ FunctionName }));
  const forget = (MaximumRecordAgeInSeconds: number | undefined) =>
    client.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, MaximumRecordAgeInSeconds }));
  const { customer } = newOrder();
  try {
    await announceEntry.wrap(NOT_MENDED);
    await forget(1);
    const headers = { "x-correlation-id": `${customer}-1` };
    await request("POST", "/orders", { body: { ...newOrder(), customer }, headers });
    await eventually("position", async () => (await count(deadLetters("ledger", "positions"))) > 0, 60);
  } finally {
    await announceEntry.restore();
    await forget(mapping?.MaximumRecordAgeInSeconds);
  }
  expect(await handledBy("ledger", "announce-entry", customer)).toEqual([]);
  expect(await redrive("ledger-int", "--yes")).toMatchObject({ exitCode: 0 });
  expectBalanced(
    { sent: 1, ...(await settled(customer, 1)), dead: await count(deadLetters("ledger", "positions")) },
    "records give up after 1 s in place of three retries, which the local AWS does not count",
  );
});
