import { readSecret } from "../../../shared/runtime/secret";
import { secretStore } from "../../../testing/secret-store";

const secrets: Record<string, string> = {};
const { requestCount } = secretStore(secrets);
const MINUTES = 60_000;

/** The parameter of a secret. Each test uses another name, because values are cached across tests. */
const named = (name: string) => `/shop/int/receipts/secret/${name}`;

afterEach(() => {
  jest.useRealTimers();
});

test("a secret is read decrypted", async () => {
  secrets[named("plain")] = "value";
  expect(await readSecret(named("plain"))).toBe("value");
});

test("a secret is requested once in five minutes", async () => {
  jest.useFakeTimers();
  secrets[named("cached")] = "value";
  await readSecret(named("cached"));
  jest.advanceTimersByTime(5 * MINUTES - 1);
  expect(await readSecret(named("cached"))).toBe("value");
  expect(requestCount()).toBe(1);
});

test("a changed secret is used after five minutes", async () => {
  jest.useFakeTimers();
  secrets[named("changed")] = "old";
  await readSecret(named("changed"));
  secrets[named("changed")] = "new";
  jest.advanceTimersByTime(5 * MINUTES + 1);
  expect(await readSecret(named("changed"))).toBe("new");
});

test("the error for a secret without a value names the secret and the command that sets it", async () => {
  await expect(readSecret(named("missing"))).rejects.toThrow(
    "The secret /shop/int/receipts/secret/missing has no value. Set it: npm run secret -- receipts-int missing",
  );
});

test("a secret that had no value is read again by the next event", async () => {
  await expect(readSecret(named("late"))).rejects.toThrow();
  secrets[named("late")] = "value";
  expect(await readSecret(named("late"))).toBe("value");
});
