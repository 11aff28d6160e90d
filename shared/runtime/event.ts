import type { Context } from "aws-lambda";
import type * as z from "zod";
import type { EventDefinition, EventOf } from "../contract";
import { declare, type HandlerContext, lazyEnvironment, parse, withOutcome } from "./handler";
import { once } from "./idempotency";

/** The options of every handler of events: of queues, tables, buses, buckets, topics, streams and schedules. */
export interface EventHandlerOptions<Definition extends EventDefinition, Variables> {
  /** The event that the trigger delivers. Each one is parsed with its schema before the handler runs. */
  event: Definition;
  /**
   * The environment variables that the lambda reads, as a zod object. The stack must provide them, and uses the schema's input type.
   * @default none
   */
  environment?: z.ZodType<Variables>;
  /**
   * The key of an event. Events with the same key have one effect: after the first is done and recorded, the others do nothing.
   * If a lambda stops between the effect and its record, the effect happens again, so make it repeatable: a put under a fixed key.
   * The stack must set `idempotent: true`.
   * @default every event has an effect
   */
  idempotencyKey?: (event: EventOf<Definition>) => string;
}

/** The business logic of one event. If it throws, the event fails and is retried. */
export type EventHandler<Definition extends EventDefinition, Variables> = (
  event: EventOf<Definition>,
  context: HandlerContext<Variables>,
) => Promise<void>;

/**
 * Makes the handler maker of one trigger, such as `queueHandler`. All of them parse each event, run its effect once, and log the
 * outcome, in the same way.
 *
 * @param trigger the kind of trigger
 * @param unpack passes each event of a payload to `run`. `run` throws what the handler throws, and an Error for an event that
 *   does not match the schema
 * @typeParam More options that only the handlers of this trigger have
 */
export function eventHandler<Payload, Answer, More = unknown>(
  trigger: string,
  unpack: (payload: Payload, run: (raw: unknown) => Promise<void>, context: Context, options: More) => Promise<Answer>,
) {
  return <Definition extends EventDefinition, Variables = object>(
    options: EventHandlerOptions<Definition, Variables> & More,
    handle: EventHandler<Definition, Variables>,
  ) => {
    const { event: definition, idempotencyKey, environment } = options;
    const variables = lazyEnvironment(environment);
    const run = (raw: unknown, lambdaContext: Context): Promise<void> => {
      const correlationId = correlationIdOf(raw) ?? lambdaContext.awsRequestId;
      return withOutcome(trigger, correlationId, async (logger) => {
        // An event that AWS itself sends has no correlation id, so it gets one here.
        const whole = isObject(raw) ? { ...raw, correlationId } : raw;
        const refuse = (problems: string[]) =>
          new Error(`the event does not match the schema of ${definition.type}: ${problems.join("; ")}`);
        const event = parse(definition.schema, whole, refuse) as EventOf<Definition>;
        const work = () => handle(event, { logger, correlationId, environment: variables() });
        await (idempotencyKey ? once(`${definition.type}#${idempotencyKey(event)}`, lambdaContext, work) : work());
      });
    };
    const handler = (payload: Payload, context: Context): Promise<Answer> => unpack(payload, (raw) => run(raw, context), context, options);
    return declare(handler, { trigger, event: definition.type, environment, idempotent: idempotencyKey !== undefined });
  };
}

/** Invalid JSON is passed on as text, so that the schema rejects it and the reason is logged. */
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

/** Read without the schema, so that an event that does not match it can be followed too. */
function correlationIdOf(raw: unknown): string | undefined {
  const id = isObject(raw) && raw.correlationId;
  return typeof id === "string" && id !== "" ? id : undefined;
}
