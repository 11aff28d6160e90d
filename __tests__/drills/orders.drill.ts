import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expectBalanced } from "../support/balance";
import { deployedLambda } from "../support/deployed-lambda";
import { eventually } from "../support/eventually";
import { queueHands } from "../support/queue-hands";
import { newOrder, runningSystem } from "../support/running-system";

const { settings, request, addressOf, triggerOf, functionOf, ledgerEntriesOf, handledBy, logLines, timeouts } = runningSystem();
const deadLetterQueue = triggerOf("orders").deadLetterQueues[0] ?? "";
const queue = queueHands(settings, { queueUrl: addressOf("orders"), deadLetterQueue });
const recordOrder = deployedLambda(settings, functionOf("orders", "record-order"));

const SHORT = "visibility 2 s in place of minutes";
let unhide: () => Promise<void>;
beforeAll(async () => {
  unhide = await queue.hideFor(2);
});
afterEach(() => recordOrder.restore());
afterAll(() => unhide());

/** Orders of one customer that nobody else has, as checkout sends them on. */
function orders(count: number) {
  const customer = newOrder().customer;
  const events = Array.from({ length: count }, () => ({
    ...newOrder(),
    customer,
    orderId: randomUUID(),
    correlationId: `${customer}-${randomUUID()}`,
  }));
  return { customer, events };
}
const poison = <Order extends object>(order: Order) => ({ ...order, items: [{ sku: "book", quantity: -1 }] });

/** What is in the ledger of this customer once it is as much as expected, and how many of it were announced more than once. */
async function settled(customer: string, expected: number, seconds = 60): Promise<{ done: number; twice: number }> {
  await eventually(`${expected} entries in the ledger`, async () => (await ledgerEntriesOf(customer)).length >= expected, seconds);
  const announced = () => handledBy("ledger", "announce-entry", customer);
  await eventually(`${expected} announcements`, async () => new Set(await announced()).size >= expected, seconds);
  // Whatever is done twice is done a moment later.
  await sleep(3000);
  const ids = await announced();
  return { done: (await ledgerEntriesOf(customer)).length, twice: ids.length - new Set(ids).size };
}

/** Everything of this customer that ends in the dead-letter queue, until it is as much as expected. */
async function dead(customer: string, expected: number): Promise<number> {
  const found = new Set<string>();
  await eventually(`${expected} messages in the dead-letter queue`, async () => {
    for (const body of await queue.takeDead(customer)) found.add(JSON.parse(body).orderId);
    return found.size >= expected;
  });
  return found.size;
}

test("the same event delivered twice is recorded once", async () => {
  const { customer, events } = orders(5);
  await queue.send([...events, ...events]);
  expectBalanced({ sent: 5, dead: 0, ...(await settled(customer, 5)) });
});

test("one poison in a batch of ten goes to the dead-letter queue, its neighbours to the ledger", async () => {
  const { customer, events } = orders(10);
  await queue.send(events.map((order, at) => (at === 4 ? poison(order) : order)));
  expectBalanced({ sent: 10, ...(await settled(customer, 9)), dead: await dead(customer, 1) }, SHORT);
  const lines = await logLines("orders", "record-order", events[4]?.correlationId ?? "");
  const reason = expect.stringMatching(/order-placed.*items\.0\.quantity/);
  expect(lines).toContainEqual(expect.objectContaining({ message: "failed", reason }));
});

test("a batch in which every record fails ends in the dead-letter queue, whole", async () => {
  const { customer, events } = orders(10);
  await queue.send(events.map(poison));
  expectBalanced({ sent: 10, done: 0, dead: await dead(customer, 10) }, SHORT);
  expect(await ledgerEntriesOf(customer)).toEqual([]);
});

test("a lambda that runs into its timeout after its write has written once", async () => {
  const hangOnce = "globalThis.hung ? 0 : ((globalThis.hung = true), 60_000)";
  const wrapper = `async (event, context) => { const answer = await handler(event, context); await new Promise((end) => setTimeout(end, WAIT)); return answer; }`;
  await recordOrder.wrap(wrapper.replace("WAIT", hangOnce), 2);
  const { customer, events } = orders(3);
  await queue.send(events);
  await eventually("timeout in the log", () => timeouts("orders", "record-order"));
  await recordOrder.restore();
  expectBalanced({ sent: 3, dead: 0, ...(await settled(customer, 3)) }, SHORT);
});

test("the same Idempotency-Key, ten times at once, is one order", async () => {
  const order = newOrder();
  const headers = { "idempotency-key": randomUUID(), "x-correlation-id": `${order.customer}-one` };
  const answers = await Promise.all(Array.from({ length: 10 }, () => request("POST", "/orders", { body: order, headers })));
  const accepted = answers.filter(({ status }) => status === 202);
  expect(answers.every(({ status }) => status === 202 || status === 409)).toBe(true);
  expect(new Set(accepted.map(({ body }) => body.orderId)).size).toBe(1);
  expectBalanced({ sent: 1, dead: 0, ...(await settled(order.customer, 1)) });
});

/** Posts orders of one customer, twenty at once. @returns how many were accepted */
async function burst(customer: string, count: number): Promise<number> {
  let left = count;
  let accepted = 0;
  const post = async () => {
    while (left-- > 0) {
      const headers = { "x-correlation-id": `${customer}-${randomUUID()}` };
      const { status } = await request("POST", "/orders", { body: { ...newOrder(), customer }, headers });
      if (status === 202) accepted++;
    }
  };
  await Promise.all(Array.from({ length: 20 }, post));
  return accepted;
}

test("a burst of 1,000 orders is in the ledger, each once", async () => {
  const { customer } = newOrder();
  const sent = await burst(customer, 1000);
  expect(sent).toBe(1000);
  expectBalanced({ sent, ...(await settled(customer, 1000, 120)), dead: (await queue.takeDead(customer)).length });
});

test("a lambda that is deployed again and again while orders flow loses none", async () => {
  const { customer } = newOrder();
  let flowing = true;
  const flow = burst(customer, 300).finally(() => {
    flowing = false;
  });
  let deployed = 0;
  for (; flowing; deployed++) await recordOrder.wrap(`async (event, context) => handler(event, context) /* ${deployed} */`);
  expect(deployed).toBeGreaterThan(1);
  expectBalanced({ sent: await flow, dead: 0, ...(await settled(customer, 300)) }, `${deployed} deploys`);
});
