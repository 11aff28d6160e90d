import * as z from "zod";
import { defineEvent } from "../../../shared/contract";
import { tableHandler } from "../../../shared/runtime/table";
import { stream } from "../../../testing/events";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();

const ItemWritten = defineEvent({
  name: "item-written",
  version: 1,
  schema: z.object({ name: z.string(), delay: z.int().optional(), lines: z.array(z.object({ count: z.number() })).optional() }),
  example: { name: "one" },
});
const item = (name: string, more: object = {}) => ({ name, correlationId: `id-${name}`, ...more });

/** What the handler was given, in the order it was done with it. */
const done: unknown[] = [];
beforeEach(() => {
  done.length = 0;
});

const handlerOf = (on: "INSERT" | "MODIFY" | "REMOVE") =>
  tableHandler({ event: ItemWritten, on }, async (written) => {
    await new Promise((resolve) => setTimeout(resolve, written.delay ?? 0));
    if (written.name === "bad") throw new Error("no more disk");
    done.push(written);
  });

test.each([
  ["INSERT", item("inserted")],
  ["MODIFY", item("modified")],
  ["REMOVE", item("removed")],
] as const)("a handler of %s gets that change alone: the item as it is now, or as it last was", async (on, expected) => {
  const before = item("before");
  const failed = await stream(
    handlerOf(on),
    { is: "INSERT", item: item("inserted") },
    { is: "MODIFY", item: item("modified"), before },
    { is: "REMOVE", before: item("removed") },
  );
  expect([done, failed]).toEqual([[expected], []]);
});

test("a change that the handler ignores can have any form", async () => {
  expect(await stream(handlerOf("INSERT"), { is: "REMOVE", before: { something: "else" } })).toEqual([]);
  expect(logs).toEqual([]);
});

test("a handler receives the values of an item, not DynamoDB's notation", async () => {
  const written = item("one", { lines: [{ count: 1 }, { count: 2.5 }] });
  await stream(handlerOf("INSERT"), { item: written });
  expect(done).toEqual([written]);
});

test("changes are handled in order, one after another", async () => {
  const changes = [item("slow", { delay: 20 }), item("quick"), item("last")];
  await stream(handlerOf("INSERT"), ...changes.map((each) => ({ item: each })));
  expect(done).toEqual(changes);
});

describe("after a change that fails", () => {
  const changes = [item("first"), item("bad"), item("last")].map((each) => ({ item: each }));

  test("the stream is delivered again from it", async () => {
    // Lambda goes back to the first that is named.
    expect((await stream(handlerOf("INSERT"), ...changes))[0]).toBe("change-2");
    expect(done).toContainEqual(item("first"));
  });

  test("no later change is handled before it is retried", async () => {
    await stream(handlerOf("INSERT"), ...changes);
    expect(done).toEqual([item("first")]);
  });

  test("the log has the reason and the item's correlation id", async () => {
    await stream(handlerOf("INSERT"), { item: item("bad") });
    expect(logs).toMatchObject([{ message: "failed", reason: "no more disk", correlation_id: "id-bad", trigger: "table" }]);
  });
});

test("an item that does not match its schema is retried, and the log has the reason", async () => {
  expect(await stream(handlerOf("INSERT"), { item: { correlationId: "id-poison" } })).toEqual(["change-1"]);
  expect(logs).toMatchObject([
    { message: "failed", reason: expect.stringMatching(/item-written\.v1: name: /), correlation_id: "id-poison" },
  ]);
});

test("an item without a correlation id gets that of the invocation", async () => {
  await stream(handlerOf("INSERT"), { item: { name: "one" } });
  expect(logs).toMatchObject([{ correlation_id: "request-1" }]);
});

test("a handled change is one log line with the item's correlation id", async () => {
  await stream(handlerOf("INSERT"), { item: item("one") });
  expect(logs).toMatchObject([{ level: "INFO", message: "handled", correlation_id: "id-one", trigger: "table" }]);
});
