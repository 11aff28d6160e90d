import * as z from "zod";
import { defineEvent } from "../../shared/contract";

/** An event for tests of constructs that need one, whichever it is. */
export const ThingDone = defineEvent({
  name: "thing-done",
  version: 1,
  schema: z.object({ thing: z.string() }),
  example: { thing: "one" },
});
