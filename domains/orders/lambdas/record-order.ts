import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { queueHandler } from "../../../shared/runtime/queue";
import type { LedgerEntry } from "../../ledger/contract";
import { OrderPlaced } from "../contract";

const environment = z.object({ LEDGER_TABLE: z.string() });
/** The environment variables that `stack.ts` sets. */
export type RecordOrderVariables = z.input<typeof environment>;

// An optional field of an order can be undefined. By default, the client rejects an item with such a field.
const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(), { marshallOptions: { removeUndefinedValues: true } });

/** Writes a placed order to the ledger. Records each order once. */
export const handler = queueHandler(
  { event: OrderPlaced, environment, idempotencyKey: ({ orderId }) => orderId },
  async (order, { environment: { LEDGER_TABLE } }) => {
    const entry = { ...order, status: "recorded" } satisfies LedgerEntry;
    await dynamodb.send(new PutCommand({ TableName: LEDGER_TABLE, Item: entry }));
  },
);
