import { randomUUID } from "node:crypto";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { httpHandler } from "../../../shared/runtime/http";
import { OrderPlaced } from "../../orders/contract";
import { PlaceOrder } from "../contract";

const environment = z.object({ ORDERS_QUEUE_URL: z.string() });
/** The environment variables that `stack.ts` sets. */
export type PlaceOrderVariables = z.input<typeof environment>;

const sqs = new SQSClient();

/** Accepts an order and sends it to the orders queue. The response does not wait until the order is recorded. */
export const handler = httpHandler(
  { body: PlaceOrder, environment, idempotent: true },
  async ({ body: order }, { correlationId, environment: { ORDERS_QUEUE_URL } }) => {
    const orderId = randomUUID();
    await sqs.send(
      new SendMessageCommand({ QueueUrl: ORDERS_QUEUE_URL, MessageBody: OrderPlaced.serialize({ ...order, orderId, correlationId }) }),
    );
    return { statusCode: 202, body: { orderId, status: "accepted" } };
  },
);
