import { Logger } from "@aws-lambda-powertools/logger";
import type * as z from "zod";
import { schemaProblems } from "../schema-problems";

/** What a handler is given beside its event. */
export interface HandlerContext<Variables> {
  /** Writes JSON lines that carry the correlation id. */
  logger: Logger;
  /** Follows one request through all domains; pass it on in every event. */
  correlationId: string;
  /** The environment variables that the handler's schema declares. */
  environment: Variables;
}

/** The lambda's logger: JSON lines under the domain's name. */
export const logger = new Logger();

/**
 * Reads the environment variables that the schema declares, once, at the first event.
 * @throws Error naming every variable that is missing or wrong.
 */
export function lazyEnvironment<Variables>(schema: z.ZodType<Variables> | undefined): () => Variables {
  let variables: Variables | undefined;
  const refuse = (problems: string[]) => new Error(`environment variables: ${problems.join("; ")}`);
  return () => {
    variables ??= schema ? parse(schema, process.env, refuse) : ({} as Variables);
    return variables;
  };
}

/** What a handler says of itself: tests hold it against the stack that wires it. */
export interface Declared {
  trigger: string;
  /** `order-placed.v1` */
  event?: string;
  environment?: z.ZodType;
  idempotent: boolean;
}

export function declare<Handler extends object>(handler: Handler, declared: Declared): Handler & { declared: Declared } {
  return Object.assign(handler, { declared });
}

/** What the schema makes of a value. @throws what `refuse` makes of the problems, one for each field: `items.0.sku: …` */
export function parse<Value>(schema: z.ZodType<Value>, value: unknown, refuse: (problems: string[]) => Error): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(schemaProblems(result.error));
}

/**
 * Runs the handling of one event. Whatever comes of it is one log line with the correlation id,
 * which `npm run local` and a person look for: `handled`, `refused` (the sender's mistake, about
 * which there is nothing to mend here) or `failed`, these two with the reason.
 */
export async function withOutcome<Result>(
  trigger: string,
  correlationId: string,
  handle: (logger: Logger) => Promise<Result>,
  isRefusal: (error: unknown) => boolean = () => false,
): Promise<Result> {
  const eventLogger = logger.createChild();
  eventLogger.setCorrelationId(correlationId);
  try {
    const result = await handle(eventLogger);
    eventLogger.info("handled", { trigger });
    return result;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (isRefusal(error)) eventLogger.warn("refused", { trigger, reason });
    else eventLogger.error("failed", { trigger, reason, error: error as Error });
    throw error;
  }
}
