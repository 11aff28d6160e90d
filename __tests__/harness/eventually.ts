import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls a function again and again until it returns something: a value that is not undefined, not false and not an empty list.
 * @param what the expected thing, for the error
 */
export async function eventually<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  seconds = 30,
): Promise<Exclude<Value, undefined | false>> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const value = await look();
    const isNothing = value === undefined || value === false || (Array.isArray(value) && value.length === 0);
    if (!isNothing) return value as Exclude<Value, undefined | false>;
    await sleep(100);
  }
  throw new Error(`no ${what} after ${seconds} s`);
}
