import * as z from "zod";
import { defineContract, defineEvent } from "../../shared/contract";

/** A customer has placed an order. The event is sent to the queue of this domain. The order is not recorded yet. */
export const OrderPlaced = defineEvent({
  name: "order-placed",
  version: 1,
  schema: z.object({
    orderId: z.uuid(),
    customer: z.string().min(1).max(100),
    items: z
      .array(z.object({ sku: z.string().min(1).max(50), quantity: z.int().min(1).max(1000) }))
      .min(1)
      .max(100),
  }),
  example: { orderId: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11", customer: "sample-customer", items: [{ sku: "book", quantity: 2 }] },
});

/** The queue that receives `OrderPlaced`. */
export const ordersContract = defineContract({ domain: "orders", version: 1, parameters: ["queueArn", "queueUrl"] });
