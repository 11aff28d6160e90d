import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./eventually";
import { newOrder, type runningSystem } from "./running-system";

/** Drills send orders of a customer whom nobody else has, and count what became of that customer's. */

/** Orders of one customer that nobody else has, as checkout sends them on. */
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
export function orderHands({ request, ledgerEntriesOf, handledBy, flushLog }: ReturnType<typeof runningSystem>) {
  return { settled, burst };

  /** What is in the ledger of this customer once it is as much as expected, and how many of it were announced more than once. */
  async function settled(customer: string, expected: number, seconds = 60): Promise<{ done: number; twice: number }> {
    await eventually(`${expected} entries in the ledger`, async () => (await ledgerEntriesOf(customer)).length >= expected, seconds);
    const announced = async () => {
      await flushLog("ledger", "announce-entry");
      return handledBy("ledger", "announce-entry", customer);
    };
    await eventually(`${expected} announcements`, async () => new Set(await announced()).size >= expected, seconds);
    // Whatever is done twice is done a moment later: streams are read every second.
    await sleep(1500);
    const ids = await announced();
    return { done: (await ledgerEntriesOf(customer)).length, twice: ids.length - new Set(ids).size };
  }

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
}
