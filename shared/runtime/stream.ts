import { EventType } from "@aws-lambda-powertools/batch";
import type { KinesisStreamHandler, KinesisStreamRecord } from "aws-lambda";
import type { EventDefinition } from "../contract";
import { type EventHandler, type EventHandlerOptions, eventRunner } from "./event";
import { json } from "./json";
import { handleInOrder } from "./ordered-batch";

/** Handles the records of a Kinesis stream, one after the other. From the first that fails on, the stream comes again. */
export function streamHandler<Definition extends EventDefinition, Variables = object>(
  options: EventHandlerOptions<Definition, Variables>,
  handle: EventHandler<Definition, Variables>,
): KinesisStreamHandler {
  const run = eventRunner("stream", options, handle);
  return (event, context) =>
    handleInOrder(EventType.KinesisDataStreams, event, context, ({ kinesis }: KinesisStreamRecord) =>
      run(json(Buffer.from(kinesis.data, "base64").toString("utf8")), context),
    );
}
