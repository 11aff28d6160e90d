import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { eventHandler } from "./event";
import { handleInOrder } from "./ordered-batch";

interface Options {
  /** Which change of an item the handler is for; others are passed over. */
  on: NonNullable<DynamoDBRecord["eventName"]>;
}

/** Handles changes of a table's items, one after the other. From the first that fails on, the stream comes again. */
export const tableHandler = eventHandler("table", ({ Records }: DynamoDBStreamEvent, run, _, { on }: Options) =>
  handleInOrder(
    Records,
    ({ dynamodb }) => dynamodb?.SequenceNumber,
    async (record) => {
      if (record.eventName === on) await run(itemOf(record));
    },
  ),
);

/** The item as it is after the change, or as it was before it went. */
function itemOf({ dynamodb }: DynamoDBRecord): unknown {
  const image = (dynamodb?.NewImage ?? dynamodb?.OldImage ?? {}) as Record<string, AttributeValue>;
  // It would throw for a number that JavaScript has to round, before anything is logged.
  return unmarshall(image, { wrapNumbers: Number });
}
