import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3Event, S3EventRecord } from "aws-lambda";
import { eventHandler, json } from "./event";

/** A larger object is no event. */
const MOST_BYTES = 256 * 1024;

const s3 = new S3Client();

/** Handles the objects that are written to a bucket, each an event as JSON. If one fails, all that S3 pushed with it come again. */
export const bucketHandler = eventHandler("bucket", async ({ Records = [] }: S3Event, run) => {
  const outcomes = await Promise.allSettled(Records.map(async (record) => run(await read(record))));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
});

/** The object in the version that was written, whatever has come after it. */
async function read({ s3: { bucket, object } }: S3EventRecord): Promise<unknown> {
  // S3 writes keys as a form does: a space is a "+".
  const Key = decodeURIComponent(object.key.replaceAll("+", " "));
  if (object.size > MOST_BYTES) throw new Error(`${Key} has ${object.size} bytes; at most ${MOST_BYTES} are read`);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key, VersionId: object.versionId }));
  return json((await Body?.transformToString()) ?? "");
}
