import type { EventBridgeEvent } from "aws-lambda";
import { eventHandler } from "./event";

/**
 * Makes a handler for the events of an EventBridge bus, one event for each invocation.
 *
 * If the event fails, Lambda retries it twice. Then it goes to the lambda's failure queue.
 *
 * @example
 * export const handler = busHandler({ event: OrderRecorded }, async ({ orderId }, { logger }) => {
 *   logger.info("order recorded", { orderId });
 * });
 */
export const busHandler = eventHandler("bus", ({ detail }: EventBridgeEvent<string, unknown>, run) => run(detail));
