import * as z from "zod";
import { defineEvent } from "../../../shared/contract";
import { queueHandler } from "../../../shared/runtime/queue";
import { deliver } from "../../support/events";
import { idempotencyStore } from "../../support/idempotency-store";
import { captureLogs } from "../../support/logs";

const logs = captureLogs();
idempotencyStore();

const ThingDone = defineEvent({ name: "thing-done", version: 1, schema: z.object({ thing: z.string() }), example: { thing: "one" } });
const message = (thing: string) => ({ thing, correlationId: `id-${thing}` });

/** What was handled, in order. */
const done: string[] = [];
beforeEach(() => {
  done.length = 0;
});

const handler = queueHandler({ event: ThingDone }, async ({ thing }) => {
  if (thing === "bad") throw new Error("no more disk");
  done.push(thing);
});

describe("a batch of messages", () => {
  test("that are all handled comes never again", async () => {
    expect(await deliver(handler, message("one"), message("two"))).toEqual([]);
    expect(done).toEqual(["one", "two"]);
  });

  test("in which one has no correlation id: it gets the invocation's, for AWS itself sends none", async () => {
    expect(await deliver(handler, { thing: "one" })).toEqual([]);
    expect(done).toEqual(["one"]);
  });

  test.each([
    ["is not JSON", "{"],
    ["is JSON but no object", "null"],
    ["does not fit", { correlationId: "id-poison" }],
    ["makes the handler throw", message("bad")],
  ])("in which one %s: it fails alone, its neighbours are done", async (_, poison) => {
    expect(await deliver(handler, message("one"), poison, message("three"))).toEqual(["message-2"]);
    expect(done).toEqual(["one", "three"]);
  });

  test("that all fail are all reported, and nothing is thrown", async () => {
    expect(await deliver(handler, "{", message("bad"))).toEqual(["message-1", "message-2"]);
  });

  test("whose failures are over says nothing of them for the next", async () => {
    await deliver(handler, "{");
    expect(await deliver(handler, message("one"))).toEqual([]);
  });
});

describe("the log", () => {
  test("has `handled` and the message's correlation id for what is done", async () => {
    await deliver(handler, message("one"));
    expect(logs).toMatchObject([{ level: "INFO", message: "handled", correlation_id: "id-one", trigger: "queue" }]);
  });

  test("has `failed`, the reason and the correlation id for what the handler throws at", async () => {
    await deliver(handler, message("bad"));
    expect(logs).toMatchObject([{ level: "ERROR", message: "failed", reason: "no more disk", correlation_id: "id-bad", trigger: "queue" }]);
  });

  test("names the event, its version and each field that does not fit, under the id that the message has even so", async () => {
    await deliver(handler, { thing: 1, correlationId: "id-poison" });
    expect(logs).toMatchObject([
      { message: "failed", reason: expect.stringMatching(/thing-done\.v1: thing: .*string/), correlation_id: "id-poison" },
    ]);
  });

  test("has the invocation's id for a message that has none", async () => {
    await deliver(handler, "{");
    expect(logs).toMatchObject([{ message: "failed", correlation_id: "request-1" }]);
  });

  test("keeps apart the correlation ids of messages that are handled at the same time", async () => {
    const things = ["one", "two", "three"];
    const waiting: (() => void)[] = [];
    const slow = queueHandler({ event: ThingDone }, async ({ thing }, { logger, correlationId }) => {
      logger.info("begun", { thing });
      // All wait until the last has begun.
      await new Promise<void>((resolve) => {
        if (waiting.push(resolve) === things.length) for (const go of waiting) go();
      });
      logger.info("ended", { thing: correlationId.replace("id-", "") });
    });
    await deliver(slow, ...things.map(message));
    const own = logs.filter((line) => line.thing);
    expect(own.map((line) => line.message)).toEqual(["begun", "begun", "begun", "ended", "ended", "ended"]);
    expect(own.map((line) => line.correlation_id)).toEqual(own.map((line) => `id-${line.thing}`));
    expect(logs.filter((line) => line.message === "handled").map((line) => line.correlation_id)).toEqual(["id-one", "id-two", "id-three"]);
  });
});

describe("a message of a handler with an idempotency key", () => {
  const effect = jest.fn(async (_: string) => {});
  beforeEach(() => effect.mockClear());
  const idempotent = queueHandler({ event: ThingDone, idempotencyKey: ({ thing }) => thing }, ({ thing }) => effect(thing));

  test("that comes twice has one effect and is done both times", async () => {
    expect([await deliver(idempotent, message("one")), await deliver(idempotent, message("one"))]).toEqual([[], []]);
    expect(effect).toHaveBeenCalledTimes(1);
  });

  test("is the same whatever its correlation id", async () => {
    await deliver(idempotent, message("one"));
    await deliver(idempotent, { ...message("one"), correlationId: "another" });
    expect(effect).toHaveBeenCalledTimes(1);
  });

  test("that failed is tried again", async () => {
    effect.mockRejectedValueOnce(new Error("no more disk"));
    expect(await deliver(idempotent, message("one"))).toEqual(["message-1"]);
    expect(await deliver(idempotent, message("one"))).toEqual([]);
    expect(effect).toHaveBeenCalledTimes(2);
  });

  test("that is twice in one batch has one effect; the other is looked at again", async () => {
    expect(await deliver(idempotent, message("one"), message("one"))).toEqual(["message-2"]);
    expect(effect).toHaveBeenCalledTimes(1);
  });
});
