import type { Handler } from "aws-lambda";
import type { EventDefinition } from "../contract";
import { type EventHandler, type EventHandlerOptions, eventRunner } from "./event";

/** Handles a schedule's call. One that fails is tried again, and then goes to the lambda's failure queue. */
export function scheduleHandler<Definition extends EventDefinition, Variables = object>(
  options: EventHandlerOptions<Definition, Variables>,
  handle: EventHandler<Definition, Variables>,
): Handler<unknown, void> {
  const run = eventRunner("schedule", options, handle);
  return (input, context) => run(input, context);
}
