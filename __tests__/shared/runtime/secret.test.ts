import { readSecret } from "../../../shared/runtime/secret";
import { secretStore } from "../../../testing/secret-store";

const secrets: Record<string, string> = {};
const { asked } = secretStore(secrets);
const MINUTES = 60_000;

/** A secret that no other test has read. */
const named = (name: string) => `/shop/int/receipts/secret/${name}`;

afterEach(() => {
  jest.useRealTimers();
});

test("a secret is read decrypted", async () => {
  secrets[named("plain")] = "value";
  expect(await readSecret(named("plain"))).toBe("value");
});

test("a secret is read once in five minutes, for any number of events", async () => {
  jest.useFakeTimers();
  secrets[named("kept")] = "value";
  await readSecret(named("kept"));
  jest.advanceTimersByTime(5 * MINUTES - 1);
  expect(await readSecret(named("kept"))).toBe("value");
  expect(asked()).toBe(1);
});

test("a secret that was changed is in use after five minutes", async () => {
  jest.useFakeTimers();
  secrets[named("changed")] = "old";
  await readSecret(named("changed"));
  secrets[named("changed")] = "new";
  jest.advanceTimersByTime(5 * MINUTES + 1);
  expect(await readSecret(named("changed"))).toBe("new");
});

test("a secret without a value names itself and the command that sets it", async () => {
  await expect(readSecret(named("missing"))).rejects.toThrow(
    "the secret /shop/int/receipts/secret/missing has no value. Set it: npm run secret -- receipts-int missing",
  );
});

test("a secret that was missing is read with the next event after it is set", async () => {
  await expect(readSecret(named("late"))).rejects.toThrow();
  secrets[named("late")] = "value";
  expect(await readSecret(named("late"))).toBe("value");
});
