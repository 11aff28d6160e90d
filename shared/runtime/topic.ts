import type { SNSEvent } from "aws-lambda";
import { eventHandler, json } from "./event";

/**
 * Makes a handler for the messages of an SNS topic. Each message is one event. SNS invokes the lambda once for each.
 *
 * **When an event fails** (the handler throws, or the message does not match its schema):
 * - Lambda retries it twice, within 6 hours.
 * - Then Lambda sends it to its on-failure destination, which is a dead-letter queue of the lambda, and an alarm fires.
 * - The reason is in the log line `failed`. `npm run redrive` invokes the lambda with the message again.
 *
 * Messages that SNS cannot deliver to the lambda are in the subscription's dead-letter queue instead.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 *
 * @example
 * import { topicHandler } from "../../../shared/runtime/topic";
 * import { InvoiceIssued } from "../../receipts/contract";
 *
 * export const handler = topicHandler(
 *   { event: InvoiceIssued, idempotencyKey: ({ orderId }) => orderId },
 *   async ({ orderId, invoiceKey }, { logger }) => {
 *     logger.info("receipt sent", { orderId, invoiceKey });
 *   },
 * );
 */
export const topicHandler = eventHandler("topic", async ({ Records }: SNSEvent, run) => {
  for (const { Sns } of Records) await run(json(Sns.Message));
});
