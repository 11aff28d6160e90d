import * as z from "zod";
import { defineEvent } from "../../shared/contract";

/** Asks for the report of a day, or of the day before where none is named. */
export const ReportDue = defineEvent({
  name: "report-due",
  version: 1,
  schema: z.object({ day: z.iso.date().optional() }),
  example: { day: "2030-01-31" },
});
