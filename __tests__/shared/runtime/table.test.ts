import * as z from "zod";
import { defineEvent } from "../../../shared/contract";
import { tableHandler } from "../../../shared/runtime/table";
import { deliverChanges } from "../../../testing/events";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();

const ItemWritten = defineEvent({
  name: "item-written",
  version: 1,
  schema: z.object({ name: z.string(), delay: z.int().optional(), lines: z.array(z.object({ count: z.number() })).optional() }),
  example: { name: "one" },
});
const item = (name: string, more: object = {}) => ({ name, correlationId: `id-${name}`, ...more });

/** The items that the handler handled, in order. */
const done: unknown[] = [];
beforeEach(() => {
  done.length = 0;
});

const handlerOf = (on: "INSERT" | "MODIFY" | "REMOVE") =>
  tableHandler({ event: ItemWritten, on }, async (written) => {
    await new Promise((resolve) => setTimeout(resolve, written.delay ?? 0));
    if (written.name === "bad") throw new Error("disk full");
    done.push(written);
  });

test.each([
  ["INSERT", item("inserted")],
  ["MODIFY", item("modified")],
  ["REMOVE", item("removed")],
] as const)("a handler of %s gets only those changes, with the item after the change, or before its removal", async (on, expected) => {
  const oldItem = item("before");
  const failed = await deliverChanges(
    handlerOf(on),
    { eventName: "INSERT", item: item("inserted") },
    { eventName: "MODIFY", item: item("modified"), oldItem },
    { eventName: "REMOVE", oldItem: item("removed") },
  );
  expect([done, failed]).toEqual([[expected], []]);
});

test("a change of another kind is skipped, even if its item does not match the schema", async () => {
  expect(await deliverChanges(handlerOf("INSERT"), { eventName: "REMOVE", oldItem: { something: "else" } })).toEqual([]);
  expect(logs).toEqual([]);
});

test("a handler gets plain values instead of DynamoDB's notation", async () => {
  const written = item("one", { lines: [{ count: 1 }, { count: 2.5 }] });
  await deliverChanges(handlerOf("INSERT"), { item: written });
  expect(done).toEqual([written]);
});

test("changes are handled one after the other, in order", async () => {
  const changes = [item("slow", { delay: 20 }), item("quick"), item("last")];
  await deliverChanges(handlerOf("INSERT"), ...changes.map((each) => ({ item: each })));
  expect(done).toEqual(changes);
});

describe("a change that fails", () => {
  const changes = [item("first"), item("bad"), item("last")].map((each) => ({ item: each }));

  test("is the change from which Lambda retries", async () => {
    // Lambda retries from the first change that is reported.
    expect((await deliverChanges(handlerOf("INSERT"), ...changes))[0]).toBe("change-2");
    expect(done).toContainEqual(item("first"));
  });

  test("is retried before any later change is handled", async () => {
    await deliverChanges(handlerOf("INSERT"), ...changes);
    expect(done).toEqual([item("first")]);
  });

  test("is logged with the reason and the correlation id of the item", async () => {
    await deliverChanges(handlerOf("INSERT"), { item: item("bad") });
    expect(logs).toMatchObject([{ message: "failed", reason: "disk full", correlation_id: "id-bad", trigger: "table" }]);
  });
});

test("an item that does not match its schema fails, and the reason is logged", async () => {
  expect(await deliverChanges(handlerOf("INSERT"), { item: { correlationId: "id-poison" } })).toEqual(["change-1"]);
  expect(logs).toMatchObject([
    { message: "failed", reason: expect.stringMatching(/^The event does not match item-written\.v1: name: /), correlation_id: "id-poison" },
  ]);
});

test("an item without a correlation id uses the request id of the invocation", async () => {
  await deliverChanges(handlerOf("INSERT"), { item: { name: "one" } });
  expect(logs).toMatchObject([{ correlation_id: "request-1" }]);
});

test("a change that is handled is one line in the log, with the correlation id of the item", async () => {
  await deliverChanges(handlerOf("INSERT"), { item: item("one") });
  expect(logs).toMatchObject([{ level: "INFO", message: "handled", correlation_id: "id-one", trigger: "table" }]);
});
