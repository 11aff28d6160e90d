import { IdempotencyAlreadyInProgressError, IdempotencyValidationError } from "@aws-lambda-powertools/idempotency";
import { once } from "../../../shared/runtime/idempotency";
import { lambdaContext } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";

const { records } = idempotencyStore();

const run = jest.fn(async (): Promise<unknown> => ({ run: run.mock.calls.length }));
beforeEach(() => run.mockClear());

const call = (key: string, content?: unknown) => once(key, lambdaContext, run, content);

test("a second call with the same key returns the first result without running again", async () => {
  expect([await call("key"), await call("key")]).toEqual([{ run: 1 }, { run: 1 }]);
});

test("a function that returns nothing runs once too", async () => {
  run.mockResolvedValueOnce(undefined);
  expect([await call("key"), await call("key")]).toEqual([undefined, undefined]);
  expect(run).toHaveBeenCalledTimes(1);
});

test("different keys are independent", async () => {
  expect([await call("one"), await call("two")]).toEqual([{ run: 1 }, { run: 2 }]);
});

test("a function that throws runs again, and the caller gets the error", async () => {
  const error = new Error("disk full");
  run.mockRejectedValueOnce(error);
  await expect(call("key")).rejects.toBe(error);
  expect(await call("key")).toEqual({ run: 2 });
});

test("a key can be used with one content only, in any order of its fields", async () => {
  await call("key", { a: 1, b: 2 });
  await expect(call("key", { a: 1, b: 3 })).rejects.toThrow(IdempotencyValidationError);
  expect(await call("key", { b: 2, a: 1 })).toEqual({ run: 1 });
});

describe("a call while another call with the same key is running", () => {
  const neverFinish = () => run.mockReturnValueOnce(new Promise(() => {}));
  const begin = async (context = lambdaContext) => {
    void once("key", context, run);
    while (records.size === 0) await new Promise(setImmediate);
  };

  test("does not run the function", async () => {
    neverFinish();
    await begin();
    await expect(call("key")).rejects.toThrow(IdempotencyAlreadyInProgressError);
    expect(run).toHaveBeenCalledTimes(1);
  });

  test("runs the function again once the other lambda must have timed out", async () => {
    neverFinish();
    await begin({ ...lambdaContext, getRemainingTimeInMillis: () => 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await call("key")).toEqual({ run: 2 });
  });
});

test("a key is remembered longer than a queue can keep a message", async () => {
  await call("key");
  const longestRetention = 14 * 24 * 60 * 60;
  const [record] = records.values();
  expect(record?.expiration).toBeGreaterThan(Date.now() / 1000 + longestRetention);
});

test("without a table, the error names the fix and the function does not run", async () => {
  delete process.env.IDEMPOTENCY_TABLE;
  await expect(call("key")).rejects.toThrow(/IDEMPOTENCY_TABLE.*idempotent: true on the function in stack\.ts/);
  expect(run).not.toHaveBeenCalled();
});
