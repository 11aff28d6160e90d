import * as z from "zod";
import { defineContract, defineEvent } from "../../shared/contract";

/** A customer has received the receipt of an order. It is the last event of an order, and it is sent to the stream of this domain. */
export const ReceiptSent = defineEvent({
  name: "receipt-sent",
  version: 1,
  schema: z.object({ orderId: z.uuid(), customer: z.string(), day: z.iso.date() }),
  example: { orderId: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11", customer: "sample-customer", day: "2030-01-31" },
});

/** An item of the totals table: the number of orders of one day. */
export const DayTotal = z.object({ day: z.iso.date(), orders: z.int() });
export type DayTotal = z.output<typeof DayTotal>;

/** The stream that receives `ReceiptSent`, and the table with the total of each day. */
export const analyticsContract = defineContract({
  domain: "analytics",
  version: 1,
  parameters: ["streamArn", "streamName", "totalsTableArn", "totalsTableName"],
});
