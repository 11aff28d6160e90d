import type { Context } from "aws-lambda";
import type * as z from "zod";
import type { EventDefinition, EventOf } from "../contract";
import { declare, type HandlerContext, lazyEnvironment, parse, withOutcome } from "./handler";
import { once } from "./idempotency";

/** What the handlers of events (queues, tables…) say of themselves. */
export interface EventHandlerOptions<Definition extends EventDefinition, Variables> {
  event: Definition;
  /** The variables that the stack must give: it takes their type, the lambda their values. */
  environment?: z.ZodType<Variables>;
  /**
   * What makes two events the same: once the first is done and noted, the second has no effect. A lambda that dies in between
   * does it again, so the effect itself should bear it (a put under a fixed key). The stack says `idempotent: true`. @default every event counts
   */
  idempotencyKey?: (event: EventOf<Definition>) => string;
}

/** The business of one event. What it throws sends the event back, to be tried again. */
export type EventHandler<Definition extends EventDefinition, Variables> = (
  event: EventOf<Definition>,
  context: HandlerContext<Variables>,
) => Promise<void>;

/**
 * Makes what handlers of one trigger are made with. Each of their events is parsed, done once, and
 * what comes of it is logged, whatever it came by.
 *
 * @param unpack gives `run` each event that a payload holds; `run` throws what the handler throws, and an Error for what does not fit the schema
 * @typeParam More options that only this trigger's handlers have
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
        // What AWS itself sends has no correlation id; from here on it has.
        const whole = isObject(raw) ? { ...raw, correlationId } : raw;
        const refuse = (problems: string[]) => new Error(`does not fit ${definition.type}: ${problems.join("; ")}`);
        const event = parse(definition.schema, whole, refuse) as EventOf<Definition>;
        const work = () => handle(event, { logger, correlationId, environment: variables() });
        await (idempotencyKey ? once(`${definition.type}#${idempotencyKey(event)}`, lambdaContext, work) : work());
      });
    };
    const handler = (payload: Payload, context: Context): Promise<Answer> => unpack(payload, (raw) => run(raw, context), context, options);
    return declare(handler, { trigger, event: definition.type, environment, idempotent: idempotencyKey !== undefined });
  };
}

/** What is no JSON stays text, for the schema to refuse with its reason in the log. */
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

/** Read leniently, so that even an event that does not fit can be followed. */
function correlationIdOf(raw: unknown): string | undefined {
  const id = isObject(raw) && raw.correlationId;
  return typeof id === "string" && id !== "" ? id : undefined;
}
