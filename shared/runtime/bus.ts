import type { EventBridgeEvent } from "aws-lambda";
import { eventHandler } from "./event";

/** Handles a bus's events, one at a time. One that fails is tried again, and then goes to the lambda's failure queue. */
export const busHandler = eventHandler("bus", ({ detail }: EventBridgeEvent<string, unknown>, run) => run(detail));
