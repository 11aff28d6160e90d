import type { SNSHandler } from "aws-lambda";
import type { EventDefinition } from "../contract";
import { type EventHandler, type EventHandlerOptions, eventRunner } from "./event";
import { json } from "./json";

/** Handles a topic's messages; SNS pushes them one at a time. One that fails is tried again, and then goes to the lambda's failure queue. */
export function topicHandler<Definition extends EventDefinition, Variables = object>(
  options: EventHandlerOptions<Definition, Variables>,
  handle: EventHandler<Definition, Variables>,
): SNSHandler {
  const run = eventRunner("topic", options, handle);
  return async ({ Records }, context) => {
    for (const { Sns } of Records) await run(json(Sns.Message), context);
  };
}
