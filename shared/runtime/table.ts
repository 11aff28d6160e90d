import { EventType } from "@aws-lambda-powertools/batch";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamHandler } from "aws-lambda";
import type { EventDefinition } from "../contract";
import { type EventHandler, type EventHandlerOptions, eventRunner } from "./event";
import { handleInOrder } from "./ordered-batch";

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
  return (event, context) =>
    handleInOrder(EventType.DynamoDBStreams, event, context, async (record: DynamoDBRecord) => {
      if (record.eventName === options.on) await run(itemOf(record), context);
    });
}

/** The item as it is after the change, or as it was before it went. */
function itemOf({ dynamodb }: DynamoDBRecord): unknown {
  const image = (dynamodb?.NewImage ?? dynamodb?.OldImage ?? {}) as Record<string, AttributeValue>;
  // It would throw for a number that JavaScript has to round, before anything is logged.
  return unmarshall(image, { wrapNumbers: Number });
}
