import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { scheduleHandler } from "../../../shared/runtime/schedule";
import { DayTotal } from "../../analytics/contract";
import { ReportDue } from "../contract";

const environment = z.object({ TOTALS_TABLE: z.string() });
/** The environment variables that `stack.ts` sets. */
export type SumUpDayVariables = z.input<typeof environment>;

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Logs the number of orders of one day, by default the day before the event is handled. A day without orders has no item in the totals table. */
export const handler = scheduleHandler(
  { event: ReportDue, environment },
  async ({ day = yesterday() }, { logger, environment: { TOTALS_TABLE } }) => {
    const { Item } = await dynamodb.send(new GetCommand({ TableName: TOTALS_TABLE, Key: { day } }));
    const { orders } = DayTotal.parse(Item ?? { day, orders: 0 });
    logger.info("report", { day, orders });
  },
);

function yesterday(): string {
  return new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
