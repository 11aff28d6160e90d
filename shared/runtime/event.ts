import type { Context } from "aws-lambda";
import type * as z from "zod";
import type { EventDefinition, EventOf } from "../contract";
import { declare, type HandlerContext, lazyEnvironment, parse, withOutcome } from "./handler";
import { once } from "./idempotency";

/** The options of every handler of events: of queues, tables, streams, buses, topics, buckets and schedules. */
export interface EventHandlerOptions<Definition extends EventDefinition, Variables> {
  /** The event that the handler handles. An event that does not match its schema fails, and the handler is not called. */
  event: Definition;
  /**
   * The schema of the lambda's environment variables.
   * The handler reads them when it handles its first event. If one is missing or invalid, every event fails.
   * Type the function in `stack.ts` with `z.input` of the schema, so that the compiler requires every variable there.
   * @default the handler reads no environment variables
   */
  environment?: z.ZodType<Variables>;
  /**
   * Returns the key of an event. Events with the same key are duplicates: the handler handles the first and skips the others.
   * A duplicate that arrives while the first is being handled fails, so that AWS delivers it again.
   * A key is remembered for 15 days, unless the handler throws.
   * If the lambda crashes or times out after its effect, the event is handled again. So the effect must be safe to repeat, such
   * as a put of an item under a fixed key.
   * The function in `stack.ts` must set `idempotent: true`.
   * @default every event is handled, even a duplicate
   * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/
   */
  idempotencyKey?: (event: EventOf<Definition>) => string;
}

/**
 * Handles one event.
 * @throws any error, which makes the event fail. The doc comment of each handler maker says what happens to an event that fails.
 */
export type EventHandler<Definition extends EventDefinition, Variables> = (
  event: EventOf<Definition>,
  context: HandlerContext<Variables>,
) => Promise<void>;

/**
 * Makes the handler maker of one kind of trigger, such as `queueHandler`. For every kind alike, an event is parsed, handled once
 * for each idempotency key, and logged with its outcome.
 *
 * @param trigger the kind of the trigger, as in `domain.json`
 * @param unpack calls `run` with each event in the payload, and returns the response that Lambda expects. `run` rejects when the
 * event does not match its schema, and when the handler throws.
 * @typeParam MoreOptions the options that only handlers of this trigger have
 */
export function eventHandler<Payload, Answer, MoreOptions = unknown>(
  trigger: string,
  unpack: (payload: Payload, run: (raw: unknown) => Promise<void>, context: Context, options: MoreOptions) => Promise<Answer>,
) {
  return <Definition extends EventDefinition, Variables = object>(
    options: EventHandlerOptions<Definition, Variables> & MoreOptions,
    handle: EventHandler<Definition, Variables>,
  ) => {
    const { event: definition, idempotencyKey, environment } = options;
    const variables = lazyEnvironment(environment);
    const run = (raw: unknown, lambdaContext: Context): Promise<void> => {
      const correlationId = correlationIdOf(raw) ?? lambdaContext.awsRequestId;
      return withOutcome(trigger, correlationId, async (logger) => {
        // Events that AWS itself sends have no correlation id. Every schema requires one.
        const withId = isObject(raw) ? { ...raw, correlationId } : raw;
        const mismatch = (problems: string[]) => new Error(`The event does not match ${definition.type}: ${problems.join("; ")}`);
        const event = parse(definition.schema, withId, mismatch) as EventOf<Definition>;
        const work = () => handle(event, { logger, correlationId, environment: variables() });
        await (idempotencyKey ? once(`${definition.type}#${idempotencyKey(event)}`, lambdaContext, work) : work());
      });
    };
    const handler = (payload: Payload, context: Context): Promise<Answer> => unpack(payload, (raw) => run(raw, context), context, options);
    return declare(handler, { trigger, event: definition.type, environment, idempotent: idempotencyKey !== undefined });
  };
}

/** Parses JSON. Invalid JSON is passed on as text, so that the schema rejects it and the reason is logged. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObject(raw: unknown): raw is { correlationId?: unknown } {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** The correlation id of an event that is not validated yet, so that the log of an invalid event has its correlation id too. */
function correlationIdOf(raw: unknown): string | undefined {
  const id = isObject(raw) && raw.correlationId;
  return typeof id === "string" && id !== "" ? id : undefined;
}
