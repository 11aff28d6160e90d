import * as z from "zod";
import { OrderPlaced } from "../orders/contract";

/** What a customer sends to place an order. */
export const PlaceOrder = OrderPlaced.schema.omit({ orderId: true, correlationId: true });

/** How a customer names an order. */
export const OrderPath = z.object({ orderId: z.uuid("an order's id is a UUID") });
