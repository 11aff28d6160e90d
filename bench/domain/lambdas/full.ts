import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { queueHandler } from "../../../shared/runtime/queue";
import { ParcelMoved } from "../contract";

const environment = z.object({ PARCELS_TABLE: z.string() });
export type Variables = z.input<typeof environment>;

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Records where a parcel is. */
export const handler = queueHandler({ event: ParcelMoved, environment }, async ({ parcel, place }, context) => {
  const Item = { parcel, place, notedBy: "DOMAIN/LAMBDA", correlationId: context.correlationId };
  await dynamodb.send(new PutCommand({ TableName: context.environment.PARCELS_TABLE, Item }));
});
