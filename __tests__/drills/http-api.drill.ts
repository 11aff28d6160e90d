import { randomUUID } from "node:crypto";
import { expectBalanced } from "../harness/balance";
import { orderHands } from "../harness/orders";
import { newOrder, runningSystem } from "../harness/running-system";

const system = runningSystem();
const { settled, burst } = orderHands(system);
const { request } = system;

test("ten concurrent requests with the same Idempotency-Key place one order", async () => {
  const order = newOrder();
  const headers = { "idempotency-key": randomUUID(), "x-correlation-id": `${order.customer}-one` };
  const answers = await Promise.all(Array.from({ length: 10 }, () => request("POST", "/orders", { body: order, headers })));
  const accepted = answers.filter(({ status }) => status === 202);
  expect(answers.every(({ status }) => status === 202 || status === 409)).toBe(true);
  expect(new Set(accepted.map(({ body }) => body.orderId)).size).toBe(1);
  expectBalanced({ sent: 1, dead: 0, ...(await settled(order.customer, 1)) });
});

test("every order of a burst of 1,000 is in the ledger once", async () => {
  const { customer } = newOrder();
  const sent = await burst(customer, 1000);
  expect(sent).toBe(1000);
  expectBalanced({ sent, ...(await settled(customer, 1000, 120)), dead: 0 });
});
