import * as z from "zod";
import { defineEvent } from "../../shared/contract";

/** An event for constructs that only need to have one. */
export const ThingDone = defineEvent({
  name: "thing-done",
  version: 1,
  schema: z.object({ thing: z.string() }),
  example: { thing: "one" },
});
