import * as fc from "fast-check";
import * as z from "zod";
import { defineEvent } from "../../../shared/contract";
import { queueHandler } from "../../../shared/runtime/queue";
import { deliver, lambdaContext, queueEvent } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();
idempotencyStore();

const ThingDone = defineEvent({ name: "thing-done", version: 1, schema: z.object({ thing: z.string() }), example: { thing: "one" } });
const message = (thing: string) => ({ thing, correlationId: `id-${thing}` });

/** The names of the things that were handled, in order. */
const done: string[] = [];
beforeEach(() => {
  done.length = 0;
});

const handler = queueHandler({ event: ThingDone }, async ({ thing }) => {
  if (thing === "bad") throw new Error("disk full");
  done.push(thing);
});

describe("a batch of a standard queue", () => {
  test("that is handled completely is not delivered again", async () => {
    expect(await deliver(handler, message("one"), message("two"))).toEqual([]);
    expect(done).toEqual(["one", "two"]);
  });

  test("in which a message has no correlation id uses the request id of the invocation", async () => {
    expect(await deliver(handler, { thing: "one" })).toEqual([]);
    expect(done).toEqual(["one"]);
  });

  test.each([
    ["is not JSON", "{"],
    ["is JSON but not an object", "null"],
    ["does not match the schema", { correlationId: "id-poison" }],
    ["makes the handler throw", message("bad")],
  ])("in which one message %s reports only that message, and handles the others", async (_, poison) => {
    expect(await deliver(handler, message("one"), poison, message("three"))).toEqual(["message-2"]);
    expect(done).toEqual(["one", "three"]);
  });

  test("in which every message fails reports all of them and does not throw", async () => {
    expect(await deliver(handler, "{", message("bad"))).toEqual(["message-1", "message-2"]);
  });

  test("in which a message fails does not affect the next batch", async () => {
    await deliver(handler, "{");
    expect(await deliver(handler, message("one"))).toEqual([]);
  });
});

/** Delivers a batch of messages, each with its group. @returns the ids of the messages that SQS delivers again */
async function deliverGroups(queueName: string, ...messages: [group: string, body: unknown][]): Promise<string[]> {
  const event = queueEvent(...messages.map(([, body]) => body));
  for (const [index, record] of event.Records.entries()) {
    record.eventSourceARN = `arn:aws:sqs:eu-central-1:111111111111:${queueName}`;
    record.attributes.MessageGroupId = messages[index]?.[0];
  }
  const response = await handler(event, lambdaContext);
  return response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) ?? [];
}

describe("a batch of a FIFO queue", () => {
  test("that is handled completely is not delivered again, and was handled in order", async () => {
    expect(await deliverGroups("queue.fifo", ["a", message("one")], ["b", message("two")], ["a", message("three")])).toEqual([]);
    expect(done).toEqual(["one", "two", "three"]);
  });

  test("in which a message fails also reports the messages that follow it in its group, and handles the other groups", async () => {
    const failed = await deliverGroups(
      "queue.fifo",
      ["a", message("one")],
      ["b", message("two")],
      ["a", message("bad")],
      ["a", message("four")],
      ["b", message("five")],
    );
    expect(failed).toEqual(["message-3", "message-4"]);
    expect(done).toEqual(["one", "two", "five"]);
  });

  test("in which a message fails does not block its group in the next batch", async () => {
    await deliverGroups("queue.fifo", ["a", message("bad")]);
    expect(await deliverGroups("queue.fifo", ["a", message("one")])).toEqual([]);
  });

  test("handles each group up to its first failure and reports the rest, for any groups and failures", async () => {
    const one = fc.record({ group: fc.constantFrom("a", "b", "c"), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 10 }), async (batch) => {
        done.length = 0;
        const names = batch.map((_, index) => `message-${index + 1}`);
        const failed = await deliverGroups(
          "queue.fifo",
          ...batch.map(({ group, fails }, index): [string, unknown] => [group, message(fails ? "bad" : `message-${index + 1}`)]),
        );
        const expected = names.filter((_, index) =>
          batch.slice(0, index + 1).some(({ group, fails }) => fails && group === batch[index]?.group),
        );
        expect(failed).toEqual(expected);
        expect(done).toEqual(names.filter((name) => !expected.includes(name)));
      }),
    );
  });
});

test("messages of a standard queue with a group, as for fair queues, do not wait for each other", async () => {
  expect(await deliverGroups("queue", ["a", message("bad")], ["a", message("two")])).toEqual(["message-1"]);
  expect(done).toEqual(["two"]);
});

describe("the log", () => {
  test("has the line `handled` with the correlation id of a message that was handled", async () => {
    await deliver(handler, message("one"));
    expect(logs).toMatchObject([{ level: "INFO", message: "handled", correlation_id: "id-one", trigger: "queue" }]);
  });

  test("has the line `failed` with the reason and the correlation id of a message that failed", async () => {
    await deliver(handler, message("bad"));
    expect(logs).toMatchObject([{ level: "ERROR", message: "failed", reason: "disk full", correlation_id: "id-bad", trigger: "queue" }]);
  });

  test("names the event, its version and each invalid field of an invalid message, with the correlation id of that message", async () => {
    await deliver(handler, { thing: 1, correlationId: "id-poison" });
    expect(logs).toMatchObject([
      {
        message: "failed",
        reason: expect.stringMatching(/^The event does not match thing-done\.v1: thing: .*string/),
        correlation_id: "id-poison",
      },
    ]);
  });

  test("has the request id of the invocation for a message without a correlation id", async () => {
    await deliver(handler, "{");
    expect(logs).toMatchObject([{ message: "failed", correlation_id: "request-1" }]);
  });

  test("has the right correlation id on every line of messages that are handled concurrently", async () => {
    const things = ["one", "two", "three"];
    const waiting: (() => void)[] = [];
    const slow = queueHandler({ event: ThingDone }, async ({ thing }, { logger, correlationId }) => {
      logger.info("begun", { thing });
      // Every message waits until the last message has begun.
      await new Promise<void>((resolve) => {
        if (waiting.push(resolve) === things.length) for (const proceed of waiting) proceed();
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

  test("that is delivered twice has one effect and is not reported as failed", async () => {
    expect([await deliver(idempotent, message("one")), await deliver(idempotent, message("one"))]).toEqual([[], []]);
    expect(effect).toHaveBeenCalledTimes(1);
  });

  test("is a duplicate also with another correlation id", async () => {
    await deliver(idempotent, message("one"));
    await deliver(idempotent, { ...message("one"), correlationId: "another" });
    expect(effect).toHaveBeenCalledTimes(1);
  });

  test("that failed is handled again", async () => {
    effect.mockRejectedValueOnce(new Error("disk full"));
    expect(await deliver(idempotent, message("one"))).toEqual(["message-1"]);
    expect(await deliver(idempotent, message("one"))).toEqual([]);
    expect(effect).toHaveBeenCalledTimes(2);
  });

  test("that is twice in one batch has one effect, and SQS delivers the second again", async () => {
    expect(await deliver(idempotent, message("one"), message("one"))).toEqual(["message-2"]);
    expect(effect).toHaveBeenCalledTimes(1);
  });
});
