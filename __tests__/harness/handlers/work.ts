import * as z from "zod";
import { queueHandler } from "../../../shared/runtime/queue";
import { ThingDone } from "../definitions";

const environment = z.object({ PLACE: z.string() });
export type WorkVariables = z.input<typeof environment>;

/** The handler of the lambda `work`, which the queue of the specimens invokes. */
export const handler = queueHandler({ event: ThingDone, environment, idempotencyKey: ({ thing }) => thing }, async () => {});
