import { streamHandler } from "../../../shared/runtime/stream";
import { deliverRecords } from "../../../testing/events";
import { captureLogs } from "../../../testing/logs";
import { ThingDone } from "../../harness/definitions";

const logs = captureLogs();
const done: string[] = [];
beforeEach(() => {
  done.length = 0;
});
const thing = (name: string) => ({ thing: name, correlationId: `id-${name}` });

const handler = streamHandler({ event: ThingDone }, async ({ thing }, { correlationId }) => {
  if (thing === "bad") throw new Error("no more disk");
  done.push(correlationId);
});

test("records are handled one after another, each with its own correlation id", async () => {
  expect(await deliverRecords(handler, thing("one"), thing("two"))).toEqual([]);
  expect(done).toEqual(["id-one", "id-two"]);
});

test("the stream is delivered again from the first record that fails, and no later record is handled before it", async () => {
  const failed = await deliverRecords(handler, thing("one"), thing("bad"), thing("two"));
  expect([done, failed[0]]).toEqual([["id-one"], "record-2"]);
});

test("a record that is not JSON is retried, and the log has the reason", async () => {
  expect(await deliverRecords(handler, "no JSON")).toEqual(["record-1"]);
  expect(logs).toMatchObject([{ message: "failed", trigger: "stream", reason: expect.stringContaining("thing-done.v1") }]);
});
