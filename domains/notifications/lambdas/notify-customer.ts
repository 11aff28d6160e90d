import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as z from "zod";
import { busHandler } from "../../../shared/runtime/bus";
import { InvoiceRequested } from "../../invoices/contract";
import { OrderRecorded } from "../../ledger/contract";

const environment = z.object({ INVOICES_BUCKET: z.string(), REQUESTS_PREFIX: z.string() });
/** The environment variables that `stack.ts` sets. */
export type NotifyCustomerVariables = z.input<typeof environment>;

const s3 = new S3Client();

/**
 * Confirms an order to its customer, and requests its invoice. The handler has an idempotency key, because a bus can deliver an
 * event twice. The sample only logs the confirmation. A real system sends an e-mail here.
 */
export const handler = busHandler(
  { event: OrderRecorded, environment, idempotencyKey: ({ orderId }) => orderId },
  async (order, { logger, environment: { INVOICES_BUCKET, REQUESTS_PREFIX } }) => {
    logger.info("order confirmed", { orderId: order.orderId });
    const Body = InvoiceRequested.serialize(order);
    const Key = `${REQUESTS_PREFIX}${order.orderId}.json`;
    await s3.send(new PutObjectCommand({ Bucket: INVOICES_BUCKET, Key, Body, ContentType: "application/json" }));
  },
);
