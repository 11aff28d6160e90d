import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { eventHandler } from "./event";
import { handleInOrder } from "./ordered-batch";

interface Options {
  /** The change that the handler is for: `INSERT`, `MODIFY` or `REMOVE`. It ignores the other changes. */
  on: NonNullable<DynamoDBRecord["eventName"]>;
}

/**
 * Makes a handler for the changes of a DynamoDB table. The event is the item: as it is after the change, or, if it was
 * removed, as it was before. The handler takes the changes of a batch one after another, in order.
 *
 * If a change fails, Lambda delivers the batch again from that change on, up to the number of retries of the trigger. Then it
 * writes the position of the change to the trigger's dead-letter queue, and the stream goes on.
 *
 * @example
 * export const handler = tableHandler({ event: LedgerEntryWritten, on: "INSERT" }, async ({ orderId }, { logger }) => {
 *   logger.info("entry written", { orderId });
 * });
 */
export const tableHandler = eventHandler("table", ({ Records }: DynamoDBStreamEvent, run, _, { on }: Options) =>
  handleInOrder(
    Records,
    ({ dynamodb }) => dynamodb?.SequenceNumber,
    async (record) => {
      if (record.eventName === on) await run(itemOf(record));
    },
  ),
);

/** The item after the change, or before it if the change removed the item. */
function itemOf({ dynamodb }: DynamoDBRecord): unknown {
  const image = (dynamodb?.NewImage ?? dynamodb?.OldImage ?? {}) as Record<string, AttributeValue>;
  // By default unmarshall throws for a number that JavaScript has to round, before anything is logged.
  return unmarshall(image, { wrapNumbers: Number });
}
