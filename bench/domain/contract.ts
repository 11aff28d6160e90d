import * as z from "zod";
import { defineEvent } from "../../shared/contract";

/** A parcel has been moved. All queues of the domain carry this event. */
export const ParcelMoved = defineEvent({
  name: "DOMAIN-moved",
  version: 1,
  schema: z.object({ parcel: z.uuid(), place: z.string().min(1).max(100) }),
  example: { parcel: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11", place: "DOMAIN" },
});
