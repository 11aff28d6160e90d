import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import * as z from "zod";
import { topicHandler } from "../../../shared/runtime/topic";
import { ReceiptSent } from "../../analytics/contract";
import { InvoiceIssued } from "../contract";

const environment = z.object({ ANALYTICS_STREAM: z.string() });
export type SendReceiptVariables = z.input<typeof environment>;

const kinesis = new KinesisClient();

/** Sends the receipt of an invoice, once, and tells analytics. A real one would hand it to a mailer here. */
export const handler = topicHandler(
  { event: InvoiceIssued, environment, idempotencyKey: ({ orderId }) => orderId },
  async ({ orderId, customer }, { correlationId, logger, environment: { ANALYTICS_STREAM } }) => {
    logger.info("receipt sent", { orderId });
    const day = new Date().toISOString().slice(0, 10);
    const Data = Buffer.from(ReceiptSent.serialize({ orderId, customer, day, correlationId }));
    await kinesis.send(new PutRecordCommand({ StreamName: ANALYTICS_STREAM, PartitionKey: orderId, Data }));
  },
);
