import { BatchProcessor, EventType, processPartialResponse, SqsFifoPartialProcessorAsync } from "@aws-lambda-powertools/batch";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { eventHandler, json } from "./event";

/**
 * Makes a handler for the messages of an SQS queue. Each message is one event. The messages of a batch are handled concurrently.
 *
 * **When an event fails** (the handler throws, or the event does not match its schema):
 * - SQS delivers that message again, after the queue's visibility timeout. It does not deliver the rest of the batch again.
 * - After `maxReceiveCount` receives (5 by default), SQS moves the message to the trigger's dead-letter queue, and an alarm fires.
 * - The reason is in the log line `failed`. `npm run redrive` moves the messages back to the queue.
 *
 * In a FIFO queue, messages are handled one after the other. The messages of the same group that follow the failed one in its
 * batch are not handled, and SQS delivers them again too, so that the group stays in order.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 *
 * @example
 * import { queueHandler } from "../../../shared/runtime/queue";
 * import { OrderPlaced } from "../../orders/contract";
 *
 * export const handler = queueHandler(
 *   { event: OrderPlaced, idempotencyKey: ({ orderId }) => orderId },
 *   async ({ customer, items }, { logger }) => {
 *     logger.info("order placed", { customer, items: items.length });
 *   },
 * );
 */
export const queueHandler = eventHandler("queue", (event: SQSEvent, run, context) => {
  const handle = (record: SQSRecord) => run(json(record.body));
  const batch = { context, throwOnFullBatchFailure: false };
  // The message group does not say that a queue is a FIFO queue: messages of a standard queue can have a group too.
  const isFifo = event.Records[0]?.eventSourceARN.endsWith(".fifo");
  return isFifo
    ? processPartialResponse(event, handle, new SqsFifoPartialProcessorAsync(), { ...batch, skipGroupOnError: true })
    : processPartialResponse(event, handle, new BatchProcessor(EventType.SQS), batch);
});
