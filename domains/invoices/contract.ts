import * as z from "zod";
import { defineContract, defineEvent } from "../../shared/contract";

/** A request for the invoice of an order: an object under `requests/` in the bucket of invoices. */
export const InvoiceRequested = defineEvent({
  name: "invoice-requested",
  version: 1,
  schema: z.object({ orderId: z.uuid(), customer: z.string() }),
  example: { orderId: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11", customer: "sample-customer" },
});

/** The bucket of invoices, and the prefix of requests: a request has the key `<requestsPrefix><orderId>.json`. */
export const invoicesContract = defineContract({
  domain: "invoices",
  version: 1,
  parameters: ["bucketArn", "bucketName", "requestsPrefix"],
});
