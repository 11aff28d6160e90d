import { BatchProcessor, type EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { Context } from "aws-lambda";

/** Handles the records of a stream one after the other. From the first that fails on, the stream comes again. */
export function handleInOrder<StreamRecord>(
  type: (typeof EventType)["DynamoDBStreams" | "KinesisDataStreams"],
  event: Parameters<typeof processPartialResponse>[0],
  context: Context,
  handle: (record: StreamRecord) => Promise<void>,
) {
  let failed = false;
  const one = async (record: StreamRecord) => {
    if (failed) throw new Error("waits for an earlier record, which comes again");
    failed = true;
    await handle(record);
    failed = false;
  };
  const options = { context, processInParallel: false, throwOnFullBatchFailure: false };
  return processPartialResponse(event, one, new BatchProcessor(type), options);
}
