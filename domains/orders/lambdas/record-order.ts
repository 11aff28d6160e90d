import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { queueHandler } from "../../../shared/runtime/queue";
import type { LedgerEntry } from "../../ledger/contract";
import { OrderPlaced } from "../contract";

const environment = z.object({ LEDGER_TABLE: z.string() });
export type RecordOrderVariables = z.input<typeof environment>;

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(), { marshallOptions: { removeUndefinedValues: true } });

/** Writes a placed order to the ledger. */
export const handler = queueHandler(
  { event: OrderPlaced, environment, idempotencyKey: ({ orderId }) => orderId },
  async (order, { environment: { LEDGER_TABLE } }) => {
    const entry = { ...order, status: "recorded" } satisfies LedgerEntry;
    await dynamodb.send(new PutCommand({ TableName: LEDGER_TABLE, Item: entry }));
  },
);
