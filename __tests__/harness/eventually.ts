import { setTimeout as sleep } from "node:timers/promises";

/** Asks again until there is something to see: not undefined, not false, no empty list. */
export async function eventually<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  seconds = 30,
): Promise<Exclude<Value, undefined | false>> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
    const seen = await look();
    const nothing = seen === undefined || seen === false || (Array.isArray(seen) && seen.length === 0);
    if (!nothing) return seen as Exclude<Value, undefined | false>;
  }
  throw new Error(`after ${seconds} s there was still no ${what}`);
}
