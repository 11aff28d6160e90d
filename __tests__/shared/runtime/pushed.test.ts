import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { bucketHandler } from "../../../shared/runtime/bucket";
import { busHandler } from "../../../shared/runtime/bus";
import { scheduleHandler } from "../../../shared/runtime/schedule";
import { topicHandler } from "../../../shared/runtime/topic";
import { bucketEvent, busEvent, push, topicEvent } from "../../../testing/events";
import { captureLogs } from "../../../testing/logs";
import { ThingDone } from "../../harness/definitions";

const logs = captureLogs();
const s3 = mockClient(S3Client);
const done: string[] = [];
beforeEach(() => {
  done.length = 0;
  s3.reset();
});

const thing = (name: string) => ({ thing: name, correlationId: `id-${name}` });
const work = async ({ thing }: { thing: string }, { correlationId }: { correlationId: string }) => {
  if (thing === "bad") throw new Error("disk full");
  done.push(correlationId);
};
/** An object in the bucket, as the SDK returns it. */
const object = (value: unknown) => ({ Body: { transformToString: async () => JSON.stringify(value) } as never });

const KINDS: [string, (value: unknown) => Promise<void>][] = [
  ["topic", (value) => push(topicHandler({ event: ThingDone }, work), topicEvent(value))],
  ["bus", (value) => push(busHandler({ event: ThingDone }, work), busEvent(value))],
  ["schedule", (value) => push(scheduleHandler({ event: ThingDone }, work), value)],
  [
    "bucket",
    (value) => {
      s3.on(GetObjectCommand).resolves(object(value));
      return push(bucketHandler({ event: ThingDone }, work), bucketEvent({ key: "in/one.json" }));
    },
  ],
];

describe.each(KINDS)("a handler of a %s", (trigger, deliver) => {
  test("gets the event with its correlation id, and logs that it is handled", async () => {
    await deliver(thing("one"));
    expect(done).toEqual(["id-one"]);
    expect(logs).toMatchObject([{ message: "handled", trigger, correlation_id: "id-one" }]);
  });

  test("throws when it fails, so that Lambda retries the event", async () => {
    await expect(deliver(thing("bad"))).rejects.toThrow("disk full");
    expect(logs).toMatchObject([{ message: "failed", trigger, reason: "disk full", correlation_id: "id-bad" }]);
  });

  test("throws for an event that does not match its schema, and logs the reason", async () => {
    await expect(deliver({ correlationId: "id-poison" })).rejects.toThrow(/The event does not match thing-done\.v1: thing/);
    expect(logs).toMatchObject([{ message: "failed", trigger, correlation_id: "id-poison" }]);
  });
});

describe("a handler of a bucket", () => {
  const handler = bucketHandler({ event: ThingDone }, work);

  test("reads the version that was written, also when its key has special characters", async () => {
    s3.on(GetObjectCommand).resolves(object(thing("one")));
    await push(handler, bucketEvent({ key: "in/a b+ü.json" }));
    expect(s3.commandCalls(GetObjectCommand)[0]?.args[0].input).toEqual({ Bucket: "bucket", Key: "in/a b+ü.json", VersionId: "version-1" });
  });

  test("handles every object of a notification, and throws if one of them fails", async () => {
    s3.on(GetObjectCommand, { Key: "bad" })
      .resolves(object(thing("bad")))
      .on(GetObjectCommand, { Key: "one" })
      .resolves(object(thing("one")));
    await expect(push(handler, bucketEvent({ key: "bad" }, { key: "one" }))).rejects.toThrow("disk full");
    expect(done).toEqual(["id-one"]);
  });

  test("does not read an object that is too large for an event", async () => {
    await expect(push(handler, bucketEvent({ key: "big", size: 300_000 }))).rejects.toThrow(/The object big has 300000 bytes/);
    expect(s3.commandCalls(GetObjectCommand)).toEqual([]);
  });

  test("ignores the test event that S3 sends for a new notification configuration", async () => {
    await push(handler, { Service: "Amazon S3", Event: "s3:TestEvent" } as never);
    expect(logs).toEqual([]);
  });
});
