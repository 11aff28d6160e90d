import * as z from "zod";
import { defineContract, defineEvent, type EventOf } from "../../shared/contract";
import { OrderPlaced } from "../orders/contract";

/** An item of the ledger table: an order and its status. */
export const LedgerEntryWritten = defineEvent({
  name: "ledger-entry-written",
  version: 1,
  schema: OrderPlaced.schema.extend({ status: z.enum(["recorded"]) }),
  example: { ...OrderPlaced.example, status: "recorded" },
});
export type LedgerEntry = EventOf<typeof LedgerEntryWritten>;

/** An order is in the ledger. The event is sent to the environment's event bus. */
export const OrderRecorded = defineEvent({
  name: "order-recorded",
  version: 1,
  schema: z.object({ orderId: z.uuid(), customer: z.string() }),
  example: { orderId: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11", customer: "sample-customer" },
});

/** The ledger table. Other domains write orders to it and read them. */
export const ledgerContract = defineContract({ domain: "ledger", version: 1, parameters: ["tableArn", "tableName"] });
