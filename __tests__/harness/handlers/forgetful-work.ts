import { queueHandler } from "../../../shared/runtime/queue";
import { ThingDone } from "../definitions";

/** It is given a table of what was done already, and does not say by what it would know it. */
export const handler = queueHandler({ event: ThingDone }, async () => {});
