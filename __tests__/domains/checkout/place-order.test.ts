import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { handler } from "../../../domains/checkout/lambdas/place-order";
import { OrderPlaced } from "../../../domains/orders/contract";
import { request } from "../../../testing/http-events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";

captureLogs();
idempotencyStore();
const sqs = mockClient(SQSClient);
process.env.ORDERS_QUEUE_URL = "https://sqs.example.com/orders";
beforeEach(() => sqs.reset());

/** Everything that an event may hold of an order, so that a new field is not lost at the door. */
const { orderId: _, correlationId: __, ...order } = OrderPlaced.example;
const sent = () => sqs.commandCalls(SendMessageCommand).map(({ args: [{ input }] }) => input);

test("an order is accepted and sent on, with its id and the correlation id of the request", async () => {
  const { status, body } = await request(handler, { body: order, headers: { "x-correlation-id": "id-1" } });
  expect([status, body.status]).toEqual([202, "accepted"]);
  expect(sent().map(({ QueueUrl }) => QueueUrl)).toEqual(["https://sqs.example.com/orders"]);
  expect(OrderPlaced.schema.parse(JSON.parse(sent()[0]?.MessageBody ?? ""))).toEqual({
    ...order,
    orderId: body.orderId,
    correlationId: "id-1",
  });
});

test("the same order twice is two orders, unless its Idempotency-Key says that it is one", async () => {
  const place = async (headers = {}) => (await request(handler, { body: order, headers })).body.orderId;
  expect(await place()).not.toBe(await place());
  expect(await place({ "idempotency-key": "key-1" })).toBe(await place({ "idempotency-key": "key-1" }));
  expect(sent()).toHaveLength(3);
});

test("an order without items is rejected, and nothing is sent on", async () => {
  const { status, body } = await request(handler, { body: { customer: "a-customer", items: [] } });
  expect([status, body.errors]).toEqual([400, [expect.stringMatching(/^items: /)]]);
  expect(sent()).toEqual([]);
});

test("a customer cannot choose the order's id", async () => {
  const chosen = OrderPlaced.example.orderId;
  const { body } = await request(handler, { body: { ...order, orderId: chosen } });
  expect(body.orderId).not.toBe(chosen);
});

test("an order that cannot be sent on is not accepted", async () => {
  sqs.on(SendMessageCommand).rejects(new Error("no such queue"));
  expect((await request(handler, { body: order })).status).toBe(500);
});
