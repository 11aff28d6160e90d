import type { SQSEvent } from "aws-lambda";

export type Variables = { PARCELS_TABLE: string };

/** Notes where a parcel is, with nothing but what Node.js has. */
export const handler = async ({ Records }: SQSEvent): Promise<void> => {
  for (const { body } of Records) console.log(process.env.PARCELS_TABLE, "DOMAIN/LAMBDA", JSON.parse(body).place);
};
