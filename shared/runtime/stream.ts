import type { KinesisStreamEvent } from "aws-lambda";
import { eventHandler, json } from "./event";
import { handleInOrder } from "./ordered-batch";

/**
 * Makes a handler for the records of a Kinesis stream. Each record is one event. The records of a batch are handled one after
 * the other.
 *
 * **When an event fails** (the handler throws, or the record does not match its schema):
 * - The handler stops, and Lambda retries from that record on. It does not retry the records before it.
 * - After 3 retries, or 12 hours after the record was written, Lambda puts the position of the record in the stream into the
 *   trigger's dead-letter queue, an alarm fires, and Lambda continues with the next record. Both limits are options of `invokes`.
 * - The reason is in the log line `failed`. `npm run redrive` reads the records from the stream again, within its `retention`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 *
 * @example
 * import { streamHandler } from "../../../shared/runtime/stream";
 * import { ReceiptSent } from "../../analytics/contract";
 *
 * export const handler = streamHandler(
 *   { event: ReceiptSent, idempotencyKey: ({ orderId }) => orderId },
 *   async ({ customer, day }, { logger }) => {
 *     logger.info("receipt sent", { customer, day });
 *   },
 * );
 */
export const streamHandler = eventHandler("stream", ({ Records }: KinesisStreamEvent, run) =>
  handleInOrder(
    Records,
    ({ kinesis }) => kinesis.sequenceNumber,
    ({ kinesis }) => run(json(Buffer.from(kinesis.data, "base64").toString("utf8"))),
  ),
);
