import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import * as z from "zod";
import { bucketHandler } from "../../../shared/runtime/bucket";
import { InvoiceIssued } from "../../receipts/contract";
import { InvoiceRequested } from "../contract";

const environment = z.object({ INVOICES_BUCKET: z.string(), RECEIPTS_TOPIC: z.string() });
/** The environment variables that `stack.ts` sets. */
export type RenderInvoiceVariables = z.input<typeof environment>;

const s3 = new S3Client();
const sns = new SNSClient();

/** Writes the requested invoice to the bucket, and announces it on the receipts topic. Each order gets one invoice. */
export const handler = bucketHandler(
  { event: InvoiceRequested, environment, idempotencyKey: ({ orderId }) => orderId },
  async (request, { environment: { INVOICES_BUCKET, RECEIPTS_TOPIC } }) => {
    const invoiceKey = `invoices/${request.orderId}.txt`;
    const Body = `Invoice for order ${request.orderId}\nCustomer: ${request.customer}\n`;
    await s3.send(new PutObjectCommand({ Bucket: INVOICES_BUCKET, Key: invoiceKey, Body, ContentType: "text/plain; charset=utf-8" }));
    await sns.send(
      new PublishCommand({
        TopicArn: RECEIPTS_TOPIC,
        Message: InvoiceIssued.serialize({ ...request, invoiceKey }),
        MessageAttributes: { type: { DataType: "String", StringValue: InvoiceIssued.type } },
      }),
    );
  },
);
