import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { LedgerEntry } from "../../domains/ledger/contract";
import { expectBalanced } from "../harness/balance";
import { deployedLambda } from "../harness/deployed-lambda";
import { eventually } from "../harness/eventually";
import { orders } from "../harness/orders";
import { queueHands } from "../harness/queue-hands";
import { runningSystem } from "../harness/running-system";

const { settings, addressOf, deadLetterQueueOf, functionOf, handledBy, logLines, ledgerEntriesOf } = runningSystem();
const documents = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
const lambda = new LambdaClient(settings);
const announceEntry = deployedLambda(settings, functionOf("ledger", "announce-entry"));
const failures = queueHands(settings, { deadLetterQueue: deadLetterQueueOf("ledger") });
afterEach(() => announceEntry.restore());

/** Entries of one customer that nobody else has. */
function entries(count: number) {
  const { customer, events } = orders(count);
  return { customer, items: events.map((order) => ({ ...order, status: "recorded" }) satisfies LedgerEntry) };
}
const put = async (Item: object | undefined) => documents.send(new PutCommand({ TableName: await addressOf("ledger"), Item }));
const announced = (customer: string) => handledBy("ledger", "announce-entry", customer);
const reasons = async (id = "") => (await logLines("ledger", "announce-entry", id)).map(({ reason }) => reason).filter(Boolean);

/** How old a change may grow that cannot be handled. @returns puts it back */
async function giveUpAfter(seconds: number): Promise<() => Promise<void>> {
  const { EventSourceMappings: [mapping] = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: functionOf("ledger", "announce-entry") }),
  );
  const set = (age?: number) => lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, MaximumRecordAgeInSeconds: age }));
  await set(seconds);
  return async () => void (await set(mapping?.MaximumRecordAgeInSeconds));
}

test("a poison change is told of and lies in the table, and what comes before and after it is announced", async () => {
  const { customer, items } = entries(3);
  const [before, poison, after] = items;
  await put(before);
  await eventually("announcement", async () => (await announced(customer)).length === 1);
  await put({ ...poison, items: [{ sku: "book", quantity: -1 }] });
  const told = await eventually("failure in the log", () => reasons(poison?.correlationId));
  expect(told).toContainEqual(expect.stringMatching(/ledger-entry-written.*items\.0\.quantity/));
  await put(after);
  await eventually("announcement", async () => (await announced(customer)).length === 2);
  const done = new Set(await announced(customer)).size;
  const inStream = (await ledgerEntriesOf(customer)).length - done;
  expectBalanced({ sent: 3, done, dead: 0, inStream }, "AWS would try again, then note its place in the on-failure queue");
});

test("a change that a lambda dies of is noted in the on-failure queue, and what comes after it is announced", async () => {
  const { customer, items } = entries(2);
  const [poison, after] = items;
  const dies = `JSON.stringify(event).includes("${poison?.orderId}")`;
  await announceEntry.wrap(`async (event, context) => { if (${dies}) throw new Error("dies"); return handler(event, context); }`);
  const restore = await giveUpAfter(1);
  await put(poison);
  const [note = "{}"] = await eventually("note in the on-failure queue", () => failures.takeDead("DDBStreamBatchInfo"));
  await restore();
  const { DDBStreamBatchInfo: place } = JSON.parse(note);
  expect(place).toMatchObject({ batchSize: 1, streamArn: expect.stringContaining(await addressOf("ledger")) });
  await put(after);
  await eventually("announcement", async () => (await announced(customer)).length === 1);
  expectBalanced(
    { sent: 2, done: 1, dead: place.batchSize },
    "a change may grow 1 s old in place of hours; AWS would part it from its neighbours",
  );
});

test("a lambda that dies after it announced announces again, and the order has one receipt", async () => {
  const { customer, items } = entries(1);
  await announceEntry.wrap(`async (event, context) => { await handler(event, context); throw new Error("dies after its event"); }`);
  await put(items[0]);
  await eventually("second try", async () => (await announced(customer)).length > 1);
  await announceEntry.restore();
  const told = () => handledBy("notifications", "notify-customer", customer);
  await eventually("as many notifications as announcements", async () => (await told()).length === (await announced(customer)).length);
  const receipts = await eventually("receipt", () => handledBy("receipts", "send-receipt", customer));
  expectBalanced({ sent: 1, done: (await ledgerEntriesOf(customer)).length, dead: 0, twice: receipts.length - 1 });
});
