import { expectBalanced } from "../harness/balance";
import { deployedLambda } from "../harness/deployed-lambda";
import { eventually } from "../harness/eventually";
import { orderHands, orders } from "../harness/orders";
import { queueHands } from "../harness/queue-hands";
import { runningSystem } from "../harness/running-system";

const system = runningSystem();
const { settings, addressOf, deadLetterQueueOf, functionOf, handledBy, ledgerEntriesOf, logLines, timeouts } = system;
const { settled, burst } = orderHands(system);
const queue = queueHands(settings, { queueUrl: addressOf("orders"), deadLetterQueue: deadLetterQueueOf("orders") });
const recordOrder = deployedLambda(settings, functionOf("orders", "record-order"));

const SHORT = "visibility timeout 2 s instead of minutes";
let unhide: () => Promise<void>;
beforeAll(async () => {
  unhide = await queue.hideFor(2);
});
afterEach(() => recordOrder.restore());
afterAll(() => unhide());

const poison = <Order extends object>(order: Order) => ({ ...order, items: [{ sku: "book", quantity: -1 }] });

/** Waits until the expected number of this customer's orders is in the dead-letter queue. @returns how many were found */
async function dead(customer: string, expected: number): Promise<number> {
  const found = new Set<string>();
  await eventually(`${expected} messages in the dead-letter queue`, async () => {
    for (const body of await queue.takeDead(customer)) found.add(JSON.parse(body).orderId);
    return found.size >= expected;
  });
  return found.size;
}

test("an event that is delivered twice is recorded once", async () => {
  const { customer, events } = orders(5);
  await queue.send([...events, ...events]);
  expectBalanced({ sent: 5, dead: 0, ...(await settled(customer, 5)) });
});

test("an event that is delivered thirty times at once is recorded once, and all thirty messages are handled", async () => {
  const { customer, events } = orders(5);
  const batches = events.map((order) => Array(10).fill(order));
  await Promise.all([...batches, ...batches, ...batches].map(queue.send));
  const handled = () => handledBy("orders", "record-order", customer);
  await eventually("30 handled messages of each order", async () => (await handled()).length === 150);
  const lines = await Promise.all(events.map(({ correlationId }) => logLines("orders", "record-order", correlationId)));
  const collided = lines.flat().filter(({ reason }) => /in progress/.test(reason)).length;
  expectBalanced(
    { sent: 5, dead: 0, ...(await settled(customer, 5)) },
    `${collided} were delivered again because another was in progress; ${SHORT}`,
  );
});

test("an invalid message in a batch of ten goes to the dead-letter queue, and the other nine go to the ledger", async () => {
  const { customer, events } = orders(10);
  await queue.send(events.map((order, at) => (at === 4 ? poison(order) : order)));
  expectBalanced({ sent: 10, ...(await settled(customer, 9)), dead: await dead(customer, 1) }, SHORT);
  const lines = await logLines("orders", "record-order", events[4]?.correlationId ?? "");
  const reason = expect.stringMatching(/order-placed.*items\.0\.quantity/);
  expect(lines).toContainEqual(expect.objectContaining({ message: "failed", reason }));
});

test("every message of a batch that fails completely goes to the dead-letter queue", async () => {
  const { customer, events } = orders(10);
  await queue.send(events.map(poison));
  expectBalanced({ sent: 10, done: 0, dead: await dead(customer, 10) }, SHORT);
  expect(await ledgerEntriesOf(customer)).toEqual([]);
});

test("a lambda that times out after its write writes once", async () => {
  const hangOnce = "globalThis.hung ? 0 : ((globalThis.hung = true), 60_000)";
  const wrapper = `async (event, context) => { const answer = await handler(event, context); await new Promise((end) => setTimeout(end, WAIT)); return answer; }`;
  await recordOrder.wrap(wrapper.replace("WAIT", hangOnce), 2);
  const { customer, events } = orders(3);
  await queue.send(events);
  await eventually("timeout in the log", () => timeouts("orders", "record-order"));
  await recordOrder.restore();
  expectBalanced({ sent: 3, dead: 0, ...(await settled(customer, 3)) }, SHORT);
});

test("no order is lost while its lambda is deployed repeatedly", async () => {
  const { customer } = orders(0);
  let flowing = true;
  const flow = burst(customer, 100).finally(() => {
    flowing = false;
  });
  let deployed = 0;
  for (; flowing; deployed++) await recordOrder.wrap(`async (event, context) => handler(event, context) /* ${deployed} */`);
  expect(deployed).toBeGreaterThan(1);
  expectBalanced({ sent: await flow, dead: 0, ...(await settled(customer, 100)) }, `${deployed} deploys`);
});
