import * as z from "zod";
import { defineEvent } from "../../shared/contract";

/** The report of a day is due: of the given day, or of yesterday if none is given. */
export const ReportDue = defineEvent({
  name: "report-due",
  version: 1,
  schema: z.object({ day: z.iso.date().optional() }),
  example: { day: "2030-01-31" },
});
