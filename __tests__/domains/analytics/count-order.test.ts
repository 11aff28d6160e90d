import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { ReceiptSent } from "../../../domains/analytics/contract";
import { handler } from "../../../domains/analytics/lambdas/count-order";
import { deliverRecords } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";

captureLogs();
idempotencyStore();
const dynamodb = mockClient(DynamoDBDocumentClient);
process.env.TOTALS_TABLE = "totals";
beforeEach(() => dynamodb.reset());

const order = ReceiptSent.example;
const counted = () => dynamodb.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => input);

test("an order adds one to the total of its day", async () => {
  expect(await deliverRecords(handler, order)).toEqual([]);
  expect(counted()).toMatchObject([
    { TableName: "totals", Key: { day: order.day }, UpdateExpression: expect.stringMatching(/^ADD orders/) },
  ]);
});

test("an order that is delivered twice is counted once", async () => {
  await deliverRecords(handler, order, order);
  expect(counted()).toHaveLength(1);
});
