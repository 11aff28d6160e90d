import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { handler } from "../../../domains/checkout/lambdas/read-status";
import { LedgerEntryWritten } from "../../../domains/ledger/contract";
import { request } from "../../../testing/http-events";
import { captureLogs } from "../../../testing/logs";

captureLogs();
const dynamodb = mockClient(DynamoDBDocumentClient);
process.env.LEDGER_TABLE = "ledger";
beforeEach(() => dynamodb.reset());

const { orderId, correlationId, status } = LedgerEntryWritten.example;
const read = (id: string) => request(handler, { method: "GET", path: "/orders/{orderId}", pathParameters: { orderId: id } });

test("the response for an order in the ledger has its status and not its customer", async () => {
  dynamodb.on(GetCommand, { TableName: "ledger", Key: { orderId } }).resolves({ Item: LedgerEntryWritten.example });
  expect(await read(orderId)).toMatchObject({ status: 200, body: { orderId, status, correlationId } });
  expect((await read(orderId)).body).not.toHaveProperty("customer");
});

test("an order that is not in the ledger gets 404", async () => {
  dynamodb.on(GetCommand).resolves({});
  expect(await read(orderId)).toMatchObject({ status: 404, body: { detail: expect.stringContaining(orderId) } });
});

test("an id that is not a UUID gets 400, and the ledger is not read", async () => {
  expect(await read("1")).toMatchObject({ status: 400, body: { errors: ["orderId: must be a UUID"] } });
  expect(dynamodb.calls()).toEqual([]);
});
