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

/** Every field that a customer can send, so that a test fails if the lambda loses a new field. */
const { orderId: _, correlationId: __, ...order } = OrderPlaced.example;
const sent = () => sqs.commandCalls(SendMessageCommand).map(({ args: [{ input }] }) => input);

test("an order is accepted and sent to the queue, with an order id and the correlation id of the request", async () => {
  const { status, body } = await request(handler, { body: order, headers: { "x-correlation-id": "id-1" } });
  expect([status, body.status]).toEqual([202, "accepted"]);
  expect(sent().map(({ QueueUrl }) => QueueUrl)).toEqual(["https://sqs.example.com/orders"]);
  expect(OrderPlaced.schema.parse(JSON.parse(sent()[0]?.MessageBody ?? ""))).toEqual({
    ...order,
    orderId: body.orderId,
    correlationId: "id-1",
  });
});

test("a repeated request places a second order, unless it has the same Idempotency-Key", async () => {
  const place = async (headers = {}) => (await request(handler, { body: order, headers })).body.orderId;
  expect(await place()).not.toBe(await place());
  expect(await place({ "idempotency-key": "key-1" })).toBe(await place({ "idempotency-key": "key-1" }));
  expect(sent()).toHaveLength(3);
});

test("an order without items gets 400 and is not sent to the queue", async () => {
  const { status, body } = await request(handler, { body: { customer: "a-customer", items: [] } });
  expect([status, body.errors]).toEqual([400, [expect.stringMatching(/^items: /)]]);
  expect(sent()).toEqual([]);
});

test("a customer cannot choose the order id", async () => {
  const chosen = OrderPlaced.example.orderId;
  const { body } = await request(handler, { body: { ...order, orderId: chosen } });
  expect(body.orderId).not.toBe(chosen);
});

test("an order that cannot be sent to the queue is not accepted", async () => {
  sqs.on(SendMessageCommand).rejects(new Error("no such queue"));
  expect((await request(handler, { body: order })).status).toBe(500);
});
