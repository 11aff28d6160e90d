import type { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import type { EventDefinition, EventOf } from "../contract";
import { type HandlerContext, lazyEnvironment, problemsOf, type VariablesSchema, withOutcome } from "./handler";
import { once } from "./idempotency";

/** What the handlers of events (queues, tables…) say of themselves. */
export interface EventHandlerOptions<Definition extends EventDefinition, Variables> {
  event: Definition;
  environment?: VariablesSchema<Variables>;
  /** What makes two events the same; the second has no effect. The stack says `idempotent: true`. @default every event counts */
  idempotencyKey?: (event: EventOf<Definition>) => string;
}

/** The business of one event. What it throws sends the event back, to be tried again. */
export type EventHandler<Definition extends EventDefinition, Variables> = (
  event: EventOf<Definition>,
  context: HandlerContext<Variables>,
) => Promise<void>;

/** Handles one event whatever it came by: parses it, logs what comes of it, and does it once. @throws what the handler throws, and an Error for what does not fit the schema */
export function eventRunner<Definition extends EventDefinition, Variables>(
  trigger: string,
  { event: definition, environment, idempotencyKey }: EventHandlerOptions<Definition, Variables>,
  handle: EventHandler<Definition, Variables>,
) {
  const variables = lazyEnvironment(environment);
  return (raw: unknown, lambdaContext: Context): Promise<void> => {
    const correlationId = correlationIdOf(raw) ?? lambdaContext.awsRequestId;
    return withOutcome(trigger, correlationId, async (logger: Logger) => {
      // What AWS itself sends has no correlation id; from here on it has.
      const parsed = definition.schema.safeParse(isObject(raw) ? { ...raw, correlationId } : raw);
      if (!parsed.success) throw new Error(`does not fit ${definition.type}: ${problemsOf(parsed.error).join("; ")}`);
      const event = parsed.data as EventOf<Definition>;
      const run = () => handle(event, { logger, correlationId, environment: variables() });
      if (!idempotencyKey) return run();
      await once(`${definition.type}#${idempotencyKey(event)}`, lambdaContext, run);
    });
  };
}

function isObject(raw: unknown): raw is object {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** Read leniently, so that even an event that does not fit can be followed. */
function correlationIdOf(raw: unknown): string | undefined {
  const id = (raw as { correlationId?: unknown } | null)?.correlationId;
  return typeof id === "string" && id !== "" ? id : undefined;
}
