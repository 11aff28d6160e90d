import type { KinesisStreamEvent } from "aws-lambda";
import { eventHandler, json } from "./event";
import { handleInOrder } from "./ordered-batch";

/**
 * Makes a handler for the records of a Kinesis stream. It handles the records of a batch one after another, in order.
 *
 * If a record fails, Lambda delivers the batch again from that record on, up to the number of retries of the trigger. Then it
 * writes the position of the record to the trigger's dead-letter queue, and the stream goes on.
 *
 * @example
 * export const handler = streamHandler(
 *   { event: ReceiptSent, idempotencyKey: ({ orderId }) => orderId },
 *   async ({ orderId, day }, { logger }) => {
 *     logger.info("receipt counted", { orderId, day });
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
