import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { streamHandler } from "../../../shared/runtime/stream";
import { ReceiptSent } from "../contract";

const environment = z.object({ TOTALS_TABLE: z.string() });
/** The environment variables that `stack.ts` sets. */
export type CountOrderVariables = z.input<typeof environment>;

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Adds an order to the total of its day. Counts each order once. */
export const handler = streamHandler(
  { event: ReceiptSent, environment, idempotencyKey: ({ orderId }) => orderId },
  async ({ day }, { environment: { TOTALS_TABLE } }) => {
    await dynamodb.send(
      new UpdateCommand({
        TableName: TOTALS_TABLE,
        Key: { day },
        UpdateExpression: "ADD orders :one",
        ExpressionAttributeValues: { ":one": 1 },
      }),
    );
  },
);
