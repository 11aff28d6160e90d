import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { SQSHandler, SQSRecord } from "aws-lambda";
import type { EventDefinition } from "../contract";
import { type EventHandler, type EventHandlerOptions, eventRunner } from "./event";
import { json } from "./json";

/** Handles the messages of a queue, one event each. A message that fails comes again by itself; its neighbours are done. */
export function queueHandler<Definition extends EventDefinition, Variables = object>(
  options: EventHandlerOptions<Definition, Variables>,
  handle: EventHandler<Definition, Variables>,
): SQSHandler {
  const run = eventRunner("queue", options, handle);
  return (event, context) => {
    const processor = new BatchProcessor(EventType.SQS);
    return processPartialResponse(event, (record: SQSRecord) => run(json(record.body), context), processor, {
      context,
      throwOnFullBatchFailure: false,
    });
  };
}
