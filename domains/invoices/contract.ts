import * as z from "zod";
import { defineContract, defineEvent } from "../../shared/contract";

/** Requests the invoice of an order. A request is an object in the bucket of this domain. */
export const InvoiceRequested = defineEvent({
  name: "invoice-requested",
  version: 1,
  schema: z.object({ orderId: z.uuid(), customer: z.string() }),
  example: { orderId: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11", customer: "sample-customer" },
});

/** The bucket with the invoices. The key of a request is `<requestsPrefix><orderId>.json`. */
export const invoicesContract = defineContract({
  domain: "invoices",
  version: 1,
  parameters: ["bucketArn", "bucketName", "requestsPrefix"],
});
