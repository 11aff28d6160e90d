import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3Event, S3EventRecord } from "aws-lambda";
import { eventHandler, json } from "./event";

/** Largest object that is read as an event, in bytes. */
const MOST_BYTES = 256 * 1024;

const s3 = new S3Client();

/**
 * Makes a handler for the objects that are written to a bucket. Each object is one event as JSON, of at most 256 KB.
 *
 * If one object fails, Lambda retries the whole invocation twice, so the objects of that invocation are handled again. Then
 * the invocation goes to the lambda's failure queue.
 *
 * @example
 * export const handler = bucketHandler({ event: InvoiceRequested }, async ({ orderId }, { logger }) => {
 *   logger.info("invoice requested", { orderId });
 * });
 */
export const bucketHandler = eventHandler("bucket", async ({ Records = [] }: S3Event, run) => {
  const outcomes = await Promise.allSettled(Records.map(async (record) => run(await read(record))));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
});

/** Reads the version that was written. A later version of the same object is an event of its own. */
async function read({ s3: { bucket, object } }: S3EventRecord): Promise<unknown> {
  // S3 encodes keys as a form does: a space is a "+".
  const Key = decodeURIComponent(object.key.replaceAll("+", " "));
  if (object.size > MOST_BYTES)
    throw new Error(`the object ${Key} has ${object.size} bytes, and the largest object that is read as an event has ${MOST_BYTES}`);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key, VersionId: object.versionId }));
  return json((await Body?.transformToString()) ?? "");
}
