import * as z from "zod";
import { queueHandler } from "../../../shared/runtime/queue";
import { ThingDone } from "../definitions";

const environment = z.object({ PLACE: z.string() });
export type WorkVariables = z.input<typeof environment>;

/** What the specimens' queue invokes. */
export const handler = queueHandler({ event: ThingDone, environment, idempotencyKey: ({ thing }) => thing }, async () => {});
