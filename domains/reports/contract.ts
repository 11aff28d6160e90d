import * as z from "zod";
import { defineEvent } from "../../shared/contract";

/** Requests the report of one day, by default the day before the event is handled. This domain's schedule sends the event. */
export const ReportDue = defineEvent({
  name: "report-due",
  version: 1,
  schema: z.object({ day: z.iso.date().optional() }),
  example: { day: "2030-01-31" },
});
