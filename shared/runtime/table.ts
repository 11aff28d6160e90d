import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { eventHandler } from "./event";
import { handleInOrder } from "./ordered-batch";

interface TableHandlerOptions {
  /**
   * The kind of change that the handler handles: `INSERT`, `MODIFY` or `REMOVE`.
   * It skips all other changes.
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
   */
  on: NonNullable<DynamoDBRecord["eventName"]>;
}

/**
 * Makes a handler for the changes of the items of a DynamoDB table. The event is the item after the change, or for `REMOVE` the
 * item before it. The changes of a batch are handled one after the other.
 *
 * **When an event fails** (the handler throws, or the item does not match its schema):
 * - The handler stops, and Lambda retries from that change on. It does not retry the changes before it.
 * - After 3 retries, or 12 hours after the change, Lambda puts the position of the change in the stream into the trigger's
 *   dead-letter queue, an alarm fires, and Lambda continues with the next change. Both limits are options of `invokes`.
 * - The reason is in the log line `failed`. `npm run redrive` reads the changes from the stream again, within 24 hours.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 *
 * @example
 * import { tableHandler } from "../../../shared/runtime/table";
 * import { LedgerEntryWritten } from "../../ledger/contract";
 *
 * export const handler = tableHandler({ event: LedgerEntryWritten, on: "INSERT" }, async ({ orderId, status }, { logger }) => {
 *   logger.info("entry written", { orderId, status });
 * });
 */
export const tableHandler = eventHandler("table", ({ Records }: DynamoDBStreamEvent, run, _, { on }: TableHandlerOptions) =>
  handleInOrder(
    Records,
    ({ dynamodb }) => dynamodb?.SequenceNumber,
    async (record) => {
      if (record.eventName === on) await run(itemOf(record));
    },
  ),
);

/** The item after the change, or the item that was removed. */
function itemOf({ dynamodb }: DynamoDBRecord): unknown {
  const image = (dynamodb?.NewImage ?? dynamodb?.OldImage ?? {}) as Record<string, AttributeValue>;
  // By default, unmarshall throws for a number that JavaScript must round. It would throw before anything is logged.
  return unmarshall(image, { wrapNumbers: Number });
}
