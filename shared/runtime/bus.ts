import type { EventBridgeEvent } from "aws-lambda";
import { eventHandler } from "./event";

/**
 * Makes a handler for the events of an EventBridge bus. The event is the `detail`. EventBridge invokes the lambda once for each.
 *
 * **When an event fails** (the handler throws, or the event does not match its schema):
 * - Lambda retries it twice, within 6 hours.
 * - Then Lambda sends it to its on-failure destination, which is a dead-letter queue of the lambda, and an alarm fires.
 * - The reason is in the log line `failed`. `npm run redrive` invokes the lambda with the event again.
 *
 * Events that EventBridge cannot deliver to the lambda are in the trigger's dead-letter queue instead.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 *
 * @example
 * import { busHandler } from "../../../shared/runtime/bus";
 * import { OrderRecorded } from "../../ledger/contract";
 *
 * export const handler = busHandler(
 *   { event: OrderRecorded, idempotencyKey: ({ orderId }) => orderId },
 *   async ({ orderId, customer }, { logger }) => {
 *     logger.info("order confirmed", { orderId, customer });
 *   },
 * );
 */
export const busHandler = eventHandler("bus", ({ detail }: EventBridgeEvent<string, unknown>, run) => run(detail));
