import type { KinesisStreamEvent } from "aws-lambda";
import { eventHandler, json } from "./event";
import { handleInOrder } from "./ordered-batch";

/** Handles the records of a Kinesis stream, one after the other. From the first that fails on, the stream comes again. */
export const streamHandler = eventHandler("stream", ({ Records }: KinesisStreamEvent, run) =>
  handleInOrder(
    Records,
    ({ kinesis }) => kinesis.sequenceNumber,
    ({ kinesis }) => run(json(Buffer.from(kinesis.data, "base64").toString("utf8"))),
  ),
);
