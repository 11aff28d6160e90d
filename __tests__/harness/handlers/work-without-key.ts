import { queueHandler } from "../../../shared/runtime/queue";
import { ThingDone } from "../definitions";

/** Has no `idempotencyKey`, although the stack gives its lambda an idempotency table. */
export const handler = queueHandler({ event: ThingDone }, async () => {});
