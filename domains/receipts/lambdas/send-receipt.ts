import { createHmac } from "node:crypto";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import * as z from "zod";
import { readSecret } from "../../../shared/runtime/secret";
import { topicHandler } from "../../../shared/runtime/topic";
import { ReceiptSent } from "../../analytics/contract";
import { InvoiceIssued } from "../contract";

const environment = z.object({ ANALYTICS_STREAM: z.string(), MAILER_KEY_NAME: z.string() });
/** The environment variables that `stack.ts` sets. */
export type SendReceiptVariables = z.input<typeof environment>;

const kinesis = new KinesisClient();

/** Sends the receipt of an invoice to the customer, and reports it to analytics. Each order gets one receipt. */
export const handler = topicHandler(
  { event: InvoiceIssued, environment, idempotencyKey: ({ orderId }) => orderId },
  async (invoice, { logger, environment: { ANALYTICS_STREAM, MAILER_KEY_NAME } }) => {
    const { orderId, invoiceKey } = invoice;
    // The sample only logs the receipt. A real system calls a mail service here, which checks the signature with the same key.
    const key = await readSecret(MAILER_KEY_NAME);
    const signature = createHmac("sha256", key).update(`${orderId} ${invoiceKey}`).digest("hex");
    logger.info("receipt sent", { orderId, signature });
    const day = new Date().toISOString().slice(0, 10);
    const Data = Buffer.from(ReceiptSent.serialize({ ...invoice, day }));
    await kinesis.send(new PutRecordCommand({ StreamName: ANALYTICS_STREAM, PartitionKey: orderId, Data }));
  },
);
