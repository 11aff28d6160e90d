import { eventHandler } from "./event";

/**
 * Makes a handler for the invocations of a schedule. The event is the schedule's `input`.
 *
 * If it fails, Lambda retries it twice. Then it goes to the lambda's failure queue.
 *
 * @example
 * export const handler = scheduleHandler({ event: ReportDue }, async ({ day }, { logger }) => {
 *   logger.info("report due", { day });
 * });
 */
export const scheduleHandler = eventHandler("schedule", (input: unknown, run) => run(input));
