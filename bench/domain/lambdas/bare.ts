import type { SQSEvent } from "aws-lambda";

export type Variables = { PARCELS_TABLE: string };

/** Logs where a parcel is. It imports nothing. */
export const handler = async ({ Records }: SQSEvent): Promise<void> => {
  for (const { body } of Records) console.log(process.env.PARCELS_TABLE, "DOMAIN/LAMBDA", JSON.parse(body).place);
};
