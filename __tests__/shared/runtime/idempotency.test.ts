import { IdempotencyAlreadyInProgressError, IdempotencyValidationError } from "@aws-lambda-powertools/idempotency";
import { once } from "../../../shared/runtime/idempotency";
import { lambdaContext } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";

const { records } = idempotencyStore();

const run = jest.fn(async (): Promise<unknown> => ({ run: run.mock.calls.length }));
beforeEach(() => run.mockClear());

const ask = (key: string, content?: unknown) => once(key, lambdaContext, run, content);

test("an effect with a known key does not run again, and the first result is returned", async () => {
  expect([await ask("key"), await ask("key")]).toEqual([{ run: 1 }, { run: 1 }]);
});

test("an effect that returns nothing runs once too", async () => {
  run.mockResolvedValueOnce(undefined);
  expect([await ask("key"), await ask("key")]).toEqual([undefined, undefined]);
  expect(run).toHaveBeenCalledTimes(1);
});

test("different keys do not affect each other", async () => {
  expect([await ask("one"), await ask("two")]).toEqual([{ run: 1 }, { run: 2 }]);
});

test("an effect that failed can run again, and the caller receives its error", async () => {
  const error = new Error("no more disk");
  run.mockRejectedValueOnce(error);
  await expect(ask("key")).rejects.toBe(error);
  expect(await ask("key")).toEqual({ run: 2 });
});

test("a key cannot be used with other content, and the order of fields does not matter", async () => {
  await ask("key", { a: 1, b: 2 });
  await expect(ask("key", { a: 1, b: 3 })).rejects.toThrow(IdempotencyValidationError);
  expect(await ask("key", { b: 2, a: 1 })).toEqual({ run: 1 });
});

describe("an effect that is requested while it runs", () => {
  const unfinished = () => run.mockReturnValueOnce(new Promise(() => {}));
  const asked = async (context = lambdaContext) => {
    void once("key", context, run);
    while (records.size === 0) await new Promise(setImmediate);
  };

  test("does not run a second time", async () => {
    unfinished();
    await asked();
    await expect(ask("key")).rejects.toThrow(IdempotencyAlreadyInProgressError);
    expect(run).toHaveBeenCalledTimes(1);
  });

  test("runs again after the timeout of the lambda that started it", async () => {
    unfinished();
    await asked({ ...lambdaContext, getRemainingTimeInMillis: () => 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await ask("key")).toEqual({ run: 2 });
  });
});

test("a key is remembered longer than a queue can keep its message", async () => {
  await ask("key");
  const longestRetention = 14 * 24 * 60 * 60;
  const [record] = records.values();
  expect(record.expiration).toBeGreaterThan(Date.now() / 1000 + longestRetention);
});

test("a function without an idempotency table names the fix and does nothing", async () => {
  delete process.env.IDEMPOTENCY_TABLE;
  await expect(ask("key")).rejects.toThrow(/IDEMPOTENCY_TABLE.*idempotent: true in stack\.ts/);
  expect(run).not.toHaveBeenCalled();
});
