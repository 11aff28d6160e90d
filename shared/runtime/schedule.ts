import { eventHandler } from "./event";

/**
 * Makes a handler for the invocations of an EventBridge Scheduler schedule. The event is the `input` of the schedule.
 *
 * **When an event fails** (the handler throws, or the input does not match its schema):
 * - Lambda retries it twice, within 6 hours.
 * - Then Lambda sends it to its on-failure destination, which is a dead-letter queue of the lambda, and an alarm fires.
 * - The reason is in the log line `failed`. `npm run redrive` invokes the lambda with the input again.
 *
 * Invocations that Scheduler cannot deliver to the lambda are in the trigger's dead-letter queue instead.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 *
 * @example
 * import { scheduleHandler } from "../../../shared/runtime/schedule";
 * import { ReportDue } from "../../reports/contract";
 *
 * export const handler = scheduleHandler({ event: ReportDue }, async ({ day }, { logger }) => {
 *   logger.info("report due", { day });
 * });
 */
export const scheduleHandler = eventHandler("schedule", (input: unknown, run) => run(input));
