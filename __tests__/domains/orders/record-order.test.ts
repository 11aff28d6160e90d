import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { LedgerEntryWritten } from "../../../domains/ledger/contract";
import { OrderPlaced } from "../../../domains/orders/contract";
import { handler } from "../../../domains/orders/lambdas/record-order";
import { deliver } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";

captureLogs();
idempotencyStore();
const dynamodb = mockClient(DynamoDBDocumentClient);
process.env.LEDGER_TABLE = "ledger";
beforeEach(() => dynamodb.reset());

const order = OrderPlaced.example;
const written = () => dynamodb.commandCalls(PutCommand).map(({ args: [{ input }] }) => input);

test("an order is written to the ledger with all its fields, as an event that readers of the ledger accept", async () => {
  expect(await deliver(handler, order)).toEqual([]);
  expect(written()).toEqual([{ TableName: "ledger", Item: { ...order, status: "recorded" } }]);
  expect(LedgerEntryWritten.schema.parse(written()[0]?.Item)).toEqual(written()[0]?.Item);
});

test("an order that is delivered twice is recorded once", async () => {
  await deliver(handler, order);
  expect(await deliver(handler, order)).toEqual([]);
  expect(written()).toHaveLength(1);
});

test("an order that DynamoDB rejects is delivered again and then written", async () => {
  dynamodb.on(PutCommand).rejectsOnce(new Error("throttled")).resolves({});
  expect(await deliver(handler, order)).toEqual(["message-1"]);
  expect(await deliver(handler, order)).toEqual([]);
});

test("an invalid message fails alone, and the other order of the batch is written", async () => {
  expect(await deliver(handler, { ...order, items: [] }, order)).toEqual(["message-1"]);
  expect(written()).toHaveLength(1);
});
