import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as z from "zod";
import { busHandler } from "../../../shared/runtime/bus";
import { InvoiceRequested } from "../../invoices/contract";
import { OrderRecorded } from "../../ledger/contract";

const environment = z.object({ INVOICES_BUCKET: z.string(), REQUESTS_PREFIX: z.string() });
export type NotifyCustomerVariables = z.input<typeof environment>;

const s3 = new S3Client();

/** Confirms an order to its customer (a real one would hand it to a mailer here), and asks for its invoice. Once: a bus may deliver an event twice. */
export const handler = busHandler(
  { event: OrderRecorded, environment, idempotencyKey: ({ orderId }) => orderId },
  async (order, { logger, environment: { INVOICES_BUCKET, REQUESTS_PREFIX } }) => {
    logger.info("order confirmed", { orderId: order.orderId });
    const Body = InvoiceRequested.serialize(order);
    const Key = `${REQUESTS_PREFIX}${order.orderId}.json`;
    await s3.send(new PutObjectCommand({ Bucket: INVOICES_BUCKET, Key, Body, ContentType: "application/json" }));
  },
);
