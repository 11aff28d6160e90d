import * as z from "zod";
import { OrderPlaced } from "../orders/contract";

/** The body of a request that places an order. */
export const PlaceOrder = OrderPlaced.schema.omit({ orderId: true, correlationId: true });

/** The path parameters of a request about an order. */
export const OrderPath = z.object({ orderId: z.uuid("an order's id is a UUID") });
