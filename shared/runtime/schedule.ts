import { eventHandler } from "./event";

/** Handles a schedule's call. One that fails is tried again, and then goes to the lambda's failure queue. */
export const scheduleHandler = eventHandler("schedule", (input: unknown, run) => run(input));
