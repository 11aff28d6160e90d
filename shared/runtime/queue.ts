import { BatchProcessor, EventType, processPartialResponse, SqsFifoPartialProcessorAsync } from "@aws-lambda-powertools/batch";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { eventHandler, json } from "./event";

/**
 * Makes a handler for the messages of a queue. Each message is one event.
 *
 * If a message fails, SQS delivers that message again after its visibility timeout, up to the `maxReceiveCount` of the trigger.
 * Then SQS moves it to the dead-letter queue. The other messages of the batch are done. In a FIFO queue, the messages that
 * follow in the same group are delivered again too, so that the group stays in order.
 *
 * @example
 * export const handler = queueHandler({ event: OrderPlaced }, async ({ orderId }, { logger, correlationId }) => {
 *   logger.info("order placed", { orderId, correlationId });
 * });
 */
export const queueHandler = eventHandler("queue", (event: SQSEvent, run, context) => {
  const handle = (record: SQSRecord) => run(json(record.body));
  const batch = { context, throwOnFullBatchFailure: false };
  // The message group does not tell: messages of a standard queue can have one too, and it does not order them.
  const isFifo = event.Records[0]?.eventSourceARN.endsWith(".fifo");
  return isFifo
    ? processPartialResponse(event, handle, new SqsFifoPartialProcessorAsync(), { ...batch, skipGroupOnError: true })
    : processPartialResponse(event, handle, new BatchProcessor(EventType.SQS), batch);
});
