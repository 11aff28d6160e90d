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
  if (thing === "bad") throw new Error("disk full");
  done.push(correlationId);
});

test("records are handled one after the other, each with its correlation id", async () => {
  expect(await deliverRecords(handler, thing("one"), thing("two"))).toEqual([]);
  expect(done).toEqual(["id-one", "id-two"]);
});

test("Lambda retries from the first record that fails, and no later record is handled before it", async () => {
  const failed = await deliverRecords(handler, thing("one"), thing("bad"), thing("two"));
  expect([done, failed[0]]).toEqual([["id-one"], "record-2"]);
});

test("a record that is not JSON fails, and the reason is logged", async () => {
  expect(await deliverRecords(handler, "not JSON")).toEqual(["record-1"]);
  expect(logs).toMatchObject([{ message: "failed", trigger: "stream", reason: expect.stringContaining("thing-done.v1") }]);
});
