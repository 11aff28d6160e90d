import type { EventBridgeHandler } from "aws-lambda";
import type { EventDefinition } from "../contract";
import { type EventHandler, type EventHandlerOptions, eventRunner } from "./event";

/** Handles a bus's events, one at a time. One that fails is tried again, and then goes to the lambda's failure queue. */
export function busHandler<Definition extends EventDefinition, Variables = object>(
  options: EventHandlerOptions<Definition, Variables>,
  handle: EventHandler<Definition, Variables>,
): EventBridgeHandler<string, unknown, void> {
  const run = eventRunner("bus", options, handle);
  return ({ detail }, context) => run(detail, context);
}
