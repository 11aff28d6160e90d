import * as z from "zod";
import { defineEvent } from "../../shared/contract";

/** Requests the report of a day. The default is the day before. The schedule of this domain sends it. */
export const ReportDue = defineEvent({
  name: "report-due",
  version: 1,
  schema: z.object({ day: z.iso.date().optional() }),
  example: { day: "2030-01-31" },
});
