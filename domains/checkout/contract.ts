import * as z from "zod";
import { OrderPlaced } from "../orders/contract";

/** The body of the request that places an order: `OrderPlaced` without the ids, which the lambda creates. */
export const PlaceOrder = OrderPlaced.schema.omit({ orderId: true, correlationId: true });

/** The path parameters of a request about one order. */
export const OrderPath = z.object({ orderId: z.uuid("must be a UUID") });
