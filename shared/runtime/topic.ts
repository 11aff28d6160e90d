import type { SNSEvent } from "aws-lambda";
import { eventHandler, json } from "./event";

/**
 * Makes a handler for the messages of an SNS topic, one message for each invocation.
 *
 * If the message fails, Lambda retries it twice. Then it goes to the lambda's failure queue.
 *
 * @example
 * export const handler = topicHandler({ event: InvoiceIssued }, async ({ invoiceKey }, { logger }) => {
 *   logger.info("invoice issued", { invoiceKey });
 * });
 */
export const topicHandler = eventHandler("topic", async ({ Records }: SNSEvent, run) => {
  for (const { Sns } of Records) await run(json(Sns.Message));
});
