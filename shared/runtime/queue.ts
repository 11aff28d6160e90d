import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { eventHandler, json } from "./event";

/** Handles the messages of a queue, one event each. A message that fails comes again by itself; its neighbours are done. */
export const queueHandler = eventHandler("queue", (event: SQSEvent, run, context) => {
  const handle = (record: SQSRecord) => run(json(record.body));
  return processPartialResponse(event, handle, new BatchProcessor(EventType.SQS), { context, throwOnFullBatchFailure: false });
});
