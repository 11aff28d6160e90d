import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3Event, S3EventRecord } from "aws-lambda";
import { eventHandler, json } from "./event";

/** The largest object that is read as an event. */
const MAX_BYTES = 256 * 1024;

const s3 = new S3Client();

/**
 * Makes a handler for the objects that are written to an S3 bucket. The event is the content of the object, as JSON. The handler
 * reads the version that was written, even if the object was overwritten since. An object can have at most 256 KiB.
 *
 * **When an event fails** (the handler throws, or the object cannot be read or does not match its schema):
 * - Lambda retries it twice, within 6 hours. If S3 reported several objects at once, Lambda retries all of them.
 * - Then Lambda sends S3's notification to its on-failure destination, which is a dead-letter queue of the lambda, and an alarm
 *   fires.
 * - The reason is in the log line `failed`. If the object is too large or cannot be read, the reason is in the error that Lambda
 *   logs. `npm run redrive` invokes the lambda with the notification again.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 *
 * @example
 * import { bucketHandler } from "../../../shared/runtime/bucket";
 * import { InvoiceRequested } from "../../invoices/contract";
 *
 * export const handler = bucketHandler(
 *   { event: InvoiceRequested, idempotencyKey: ({ orderId }) => orderId },
 *   async ({ orderId, customer }, { logger }) => {
 *     logger.info("invoice requested", { orderId, customer });
 *   },
 * );
 */
export const bucketHandler = eventHandler("bucket", async ({ Records = [] }: S3Event, run) => {
  const outcomes = await Promise.allSettled(Records.map(async (record) => run(await read(record))));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
});

/** Reads the version of the object that was written. */
async function read({ s3: { bucket, object } }: S3EventRecord): Promise<unknown> {
  // S3 encodes keys in notifications as HTML forms do: a space is a "+".
  const Key = decodeURIComponent(object.key.replaceAll("+", " "));
  if (object.size > MAX_BYTES) {
    throw new Error(`The object ${Key} has ${object.size} bytes. The maximum for an event is ${MAX_BYTES} bytes.`);
  }
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key, VersionId: object.versionId }));
  return json((await Body?.transformToString()) ?? "");
}
