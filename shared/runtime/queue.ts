import { BatchProcessor, EventType, processPartialResponse, SqsFifoPartialProcessorAsync } from "@aws-lambda-powertools/batch";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { eventHandler, json } from "./event";

/**
 * Handles the messages of a queue, one event each. A message that fails comes again by itself; its neighbours are done.
 * Of a FIFO queue, those of its group that follow it come again too, so that a group stays in order.
 */
export const queueHandler = eventHandler("queue", (event: SQSEvent, run, context) => {
  const handle = (record: SQSRecord) => run(json(record.body));
  const batch = { context, throwOnFullBatchFailure: false };
  // Not by the group: a standard queue's messages may have one as well, which says nothing of their order.
  const isFifo = event.Records[0]?.eventSourceARN.endsWith(".fifo");
  return isFifo
    ? processPartialResponse(event, handle, new SqsFifoPartialProcessorAsync(), { ...batch, skipGroupOnError: true })
    : processPartialResponse(event, handle, new BatchProcessor(EventType.SQS), batch);
});
