import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { HttpProblem, httpHandler } from "../../../shared/runtime/http";
import { LedgerEntryWritten } from "../../ledger/contract";
import { OrderPath } from "../contract";

const environment = z.object({ LEDGER_TABLE: z.string() });
/** The environment variables that `stack.ts` sets. */
export type ReadStatusVariables = z.input<typeof environment>;

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Returns the status of an order. */
export const handler = httpHandler({ path: OrderPath, environment }, async ({ path: { orderId } }, { environment: { LEDGER_TABLE } }) => {
  const { Item } = await dynamodb.send(new GetCommand({ TableName: LEDGER_TABLE, Key: { orderId } }));
  if (!Item) throw new HttpProblem(404, "Not Found", `Order ${orderId} was not found. If you have just placed it, try again in a moment.`);
  const { status, correlationId } = LedgerEntryWritten.schema.parse(Item);
  return { statusCode: 200, body: { orderId, status, correlationId } };
});
