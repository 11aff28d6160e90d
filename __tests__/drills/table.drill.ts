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

/** Ledger entries of a new customer. */
function entries(count: number) {
  const { customer, events } = orders(count);
  return { customer, items: events.map((order) => ({ ...order, status: "recorded" }) satisfies LedgerEntry) };
}
const put = async (Item: object | undefined) => documents.send(new PutCommand({ TableName: addressOf("ledger"), Item }));
const announced = (customer: string) => handledBy("ledger", "announce-entry", customer);
const reasons = async (id = "") => (await logLines("ledger", "announce-entry", id)).map(({ reason }) => reason).filter(Boolean);

/** Sets the age at which Lambda gives up a change that fails. @returns a function that restores the deployed age */
async function giveUpAfter(seconds: number): Promise<() => Promise<void>> {
  const { EventSourceMappings: [mapping] = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: functionOf("ledger", "announce-entry") }),
  );
  const set = (age?: number) => lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, MaximumRecordAgeInSeconds: age }));
  await set(seconds);
  return async () => void (await set(mapping?.MaximumRecordAgeInSeconds));
}

test("an invalid change is logged and stays in the table, and the changes before and after it are announced", async () => {
  const { customer, items } = entries(3);
  const [before, poison, after] = items;
  await put(before);
  await eventually("announcement", async () => (await announced(customer)).length === 1);
  await put({ ...poison, items: [{ sku: "book", quantity: -1 }] });
  const logged = await eventually("failure in the log", () => reasons(poison?.correlationId));
  expect(logged).toContainEqual(expect.stringMatching(/ledger-entry-written.*items\.0\.quantity/));
  await put(after);
  await eventually("announcement", async () => (await announced(customer)).length === 2);
  const done = new Set(await announced(customer)).size;
  const inStream = (await ledgerEntriesOf(customer)).length - done;
  expectBalanced({ sent: 3, done, dead: 0, inStream }, "AWS would retry it, then record its position in the on-failure destination");
});

test("the position of a change that crashes the lambda goes to the on-failure destination, and the next change is announced", async () => {
  const { customer, items } = entries(2);
  const [poison, after] = items;
  const crashes = `JSON.stringify(event).includes("${poison?.orderId}")`;
  await announceEntry.wrap(`async (event, context) => { if (${crashes}) throw new Error("crashes"); return handler(event, context); }`);
  const restore = await giveUpAfter(1);
  await put(poison);
  const [message = "{}"] = await eventually("position in the on-failure destination", () => failures.takeDead("DDBStreamBatchInfo"));
  await restore();
  const { DDBStreamBatchInfo: position } = JSON.parse(message);
  expect(position).toMatchObject({ batchSize: 1, streamArn: expect.stringContaining(addressOf("ledger")) });
  await put(after);
  await eventually("announcement", async () => (await announced(customer)).length === 1);
  expectBalanced(
    { sent: 2, done: 1, dead: position.batchSize },
    "a change is given up after 1 s instead of hours; AWS would separate it from the other changes of its batch",
  );
});

test("a lambda that crashes after announcing announces again, and the order gets one receipt", async () => {
  const { customer, items } = entries(1);
  await announceEntry.wrap(`async (event, context) => { await handler(event, context); throw new Error("crashes after its event"); }`);
  await put(items[0]);
  await eventually("retry", async () => (await announced(customer)).length > 1);
  await announceEntry.restore();
  const notified = () => handledBy("notifications", "notify-customer", customer);
  await eventually("as many notifications as announcements", async () => (await notified()).length === (await announced(customer)).length);
  const receipts = await eventually("receipt", () => handledBy("receipts", "send-receipt", customer));
  expectBalanced({ sent: 1, done: (await ledgerEntriesOf(customer)).length, dead: 0, twice: receipts.length - 1 });
});
