import { randomUUID } from "node:crypto";
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { InvoiceIssued } from "../../domains/receipts/contract";
import { type DeadLetterQueueDescription, LAMBDA_ALIAS } from "../../shared/stack-description";
import { topicEvent } from "../../testing/events";
import { expectBalanced } from "../harness/balance";
import { deployedLambda } from "../harness/deployed-lambda";
import { eventually } from "../harness/eventually";
import { orderHands, orders } from "../harness/orders";
import { queueHands } from "../harness/queue-hands";
import { newOrder, runningSystem } from "../harness/running-system";

const system = runningSystem();
const { settings, addressOf, triggerOf, functionOf, handledBy, redrive, request } = system;
const { settled } = orderHands(system);
const sqs = new SQS(settings);
const { accessKeyId: account } = settings.credentials;

const NOT_FIXED = 'async () => { throw new Error("not fixed yet") }';

function deadLetters(domain: string, holds: DeadLetterQueueDescription["holds"]): string {
  const found = triggerOf(domain).deadLetterQueues.find((queue) => queue.holds === holds);
  if (!found) throw new Error(`${domain} has no dead-letter queue that holds ${holds}.`);
  return found.name;
}
const urlOf = async (QueueName: string) => (await sqs.getQueueUrl({ QueueName })).QueueUrl;

async function count(queue: string): Promise<number> {
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl: await urlOf(queue), AttributeNames: [...names] });
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}
const put = async (queue: string, body: object) => sqs.sendMessage({ QueueUrl: await urlOf(queue), MessageBody: JSON.stringify(body) });

/**
 * Each drill redrives and counts everything in these queues, so they must be empty at the start. A message on which a lambda failed in an
 * earlier test is hidden for up to two minutes. If it came back during a drill, it would end in the dead-letter queue too.
 */
beforeAll(async () => {
  const queue = addressOf("orders").split("/").at(-1) ?? "";
  await eventually("empty queue of orders", async () => (await count(queue)) === 0, 180);
  const queues = ["orders", "receipts", "ledger"].flatMap((domain) => triggerOf(domain).deadLetterQueues.map(({ name }) => name));
  for (const queue of queues) {
    const left = await count(queue);
    if (left > 0)
      throw new Error(`${queue} has ${left} messages from earlier. Redrive or delete them, or start again with npm run local:down.`);
  }
}, 200_000);

test("messages on which a queue's lambda failed are handled once, after the lambda is fixed and they are redriven", async () => {
  const recordOrder = deployedLambda(settings, functionOf("orders", "record-order"));
  const deadLetterQueue = deadLetters("orders", "messages");
  const queue = queueHands(settings, { queueUrl: addressOf("orders"), deadLetterQueue });
  const unhide = await queue.hideFor(1);
  const { customer, events } = orders(5);
  try {
    await recordOrder.wrap(NOT_FIXED);
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
  expectBalanced(
    { sent: 5, ...(await settled(customer, 5)), dead: await count(deadLetterQueue) },
    "visibility timeout 1 s instead of minutes",
  );
});

test("messages that a topic could not deliver or on which its lambda failed are redriven to that lambda only, once", async () => {
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
    responsePayload: { errorMessage: "not fixed yet" },
  });
  expect((await redrive("receipts-int", "--dry-run")).output).toContain("not fixed yet");
  expect(await redrive("receipts-int", "--yes")).toMatchObject({ exitCode: 0 });
  const handled = await eventually("receipts", async () => {
    const ids = await handledBy("receipts", "send-receipt", correlationId);
    return ids.length >= 2 && ids;
  });
  const dead = (await count(deadLetters("receipts", "deliveries"))) + (await count(deadLetters("receipts", "invocations")));
  const done = new Set(handled).size;
  expectBalanced(
    { sent: 2, done, dead, twice: handled.length - done },
    "the drill puts the messages into the queues, as AWS documents them, because the local AWS does not",
  );
});

test("a change on which a table's lambda failed is read again from the stream and announced once", async () => {
  const announceEntry = deployedLambda(settings, functionOf("ledger", "announce-entry"));
  const client = new LambdaClient(settings);
  const FunctionName = functionOf("ledger", "announce-entry");
  const { EventSourceMappings: [mapping] = [] } = await client.send(new ListEventSourceMappingsCommand({ FunctionName }));
  const forget = (MaximumRecordAgeInSeconds: number | undefined) =>
    client.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, MaximumRecordAgeInSeconds }));
  const { customer } = newOrder();
  try {
    await announceEntry.wrap(NOT_FIXED);
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
    "a record is given up after 1 s instead of three retries, which the local AWS does not count",
  );
});
