import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamHandler } from "aws-lambda";
import type { EventDefinition } from "../contract";
import { type EventHandler, type EventHandlerOptions, eventRunner } from "./event";

/** Which change of an item a handler is for. */
type Change = NonNullable<DynamoDBRecord["eventName"]>;

/** Handles changes of a table's items, one after the other. From the first that fails on, the stream comes again. */
export function tableHandler<Definition extends EventDefinition, Variables = object>(
  options: EventHandlerOptions<Definition, Variables> & {
    /** Other changes are passed over. */
    on: Change;
  },
  handle: EventHandler<Definition, Variables>,
): DynamoDBStreamHandler {
  const run = eventRunner("table", options, handle);
  return (event, context) => {
    const processor = new BatchProcessor(EventType.DynamoDBStreams);
    let failed = false;
    const one = async (record: DynamoDBRecord) => {
      if (failed) throw new Error("waits for an earlier change, which comes again");
      failed = true;
      if (record.eventName === options.on) await run(itemOf(record), context);
      failed = false;
    };
    return processPartialResponse(event, one, processor, { context, processInParallel: false, throwOnFullBatchFailure: false });
  };
}

/** The item as it is after the change, or as it was before it went. */
function itemOf({ dynamodb }: DynamoDBRecord): unknown {
  const image = (dynamodb?.NewImage ?? dynamodb?.OldImage ?? {}) as Record<string, AttributeValue>;
  // It would throw for a number that JavaScript has to round, before anything is logged.
  return unmarshall(image, { wrapNumbers: Number });
}
