import * as z from "zod";
import { defineContract, defineEvent } from "../../shared/contract";

/** The invoice of an order is written. The event is published to the topic of this domain. */
export const InvoiceIssued = defineEvent({
  name: "invoice-issued",
  version: 1,
  schema: z.object({ orderId: z.uuid(), customer: z.string(), invoiceKey: z.string() }),
  example: {
    orderId: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11",
    customer: "sample-customer",
    invoiceKey: "invoices/4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11.txt",
  },
});

/** The topic that receives `InvoiceIssued`. */
export const receiptsContract = defineContract({ domain: "receipts", version: 1, parameters: ["topicArn"] });
