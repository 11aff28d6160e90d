import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./eventually";
import { newOrder, type runningSystem } from "./running-system";

/**
 * Order events as checkout sends them to the queue. All of them are of one new customer, so that a drill counts its own
 * orders only.
 */
export function orders(count: number) {
  const customer = newOrder().customer;
  const events = Array.from({ length: count }, () => ({
    ...newOrder(),
    customer,
    orderId: randomUUID(),
    correlationId: `${customer}-${randomUUID()}`,
  }));
  return { customer, events };
}

/** Sends orders to the running system, and counts the orders that arrived. */
export function orderHands({ request, ledgerEntriesOf, handledBy, flushLog }: ReturnType<typeof runningSystem>) {
  return { settled, burst };

  /**
   * Waits until the ledger has all expected entries of the customer, and all of them were announced.
   * @returns `done`: the entries in the ledger; `twice`: the announcements beyond one for each entry
   */
  async function settled(customer: string, expected: number, seconds = 60): Promise<{ done: number; twice: number }> {
    await eventually(`${expected} entries in the ledger`, async () => (await ledgerEntriesOf(customer)).length >= expected, seconds);
    const announced = async () => {
      await flushLog("ledger", "announce-entry");
      return handledBy("ledger", "announce-entry", customer);
    };
    await eventually(`${expected} announcements`, async () => new Set(await announced()).size >= expected, seconds);
    // A second announcement would come a moment later, because streams are read every second.
    await sleep(1500);
    const ids = await announced();
    return { done: (await ledgerEntriesOf(customer)).length, twice: ids.length - new Set(ids).size };
  }

  /**
   * Posts orders of one customer, with 20 requests at a time.
   * @returns the number of orders that were accepted
   */
  async function burst(customer: string, count: number): Promise<number> {
    let sent = 0;
    let accepted = 0;
    const postUntilAllAreSent = async () => {
      while (sent < count) {
        sent += 1;
        const headers = { "x-correlation-id": `${customer}-${randomUUID()}` };
        const { status } = await request("POST", "/orders", { body: { ...newOrder(), customer }, headers });
        if (status === 202) accepted += 1;
      }
    };
    await Promise.all(Array.from({ length: 20 }, postUntilAllAreSent));
    return accepted;
  }
}
