import { Logger } from "@aws-lambda-powertools/logger";
import type * as z from "zod";
import { schemaProblems } from "../schema-problems";

/** The second argument of every handler. */
export interface HandlerContext<Variables> {
  /** Writes JSON lines with the correlation id. */
  logger: Logger;
  /** Identifies one request in all domains. Pass it on in every event. */
  correlationId: string;
  /** The environment variables that the handler declares, parsed with its schema. */
  environment: Variables;
}

/** The logger of the lambda. Its lines have the name of the domain as `service`. */
export const logger = new Logger();

/**
 * Returns a function that reads the environment variables of the schema, once, at the first event.
 * That function throws an Error that names every variable that is missing or invalid.
 */
export function lazyEnvironment<Variables>(schema: z.ZodType<Variables> | undefined): () => Variables {
  let variables: Variables | undefined;
  const refuse = (problems: string[]) => new Error(`environment variables that are missing or invalid: ${problems.join("; ")}`);
  return () => {
    variables ??= schema ? parse(schema, process.env, refuse) : ({} as Variables);
    return variables;
  };
}

/** What a handler declares about itself. A convention compares it with the stack that wires the handler. */
export interface Declared {
  /** The kind of trigger that the handler is made for. */
  trigger: string;
  /** The type of its event: `order-placed.v1`. Absent for an HTTP handler. */
  event?: string;
  environment?: z.ZodType;
  idempotent: boolean;
}

/** Adds the declaration to a handler. */
export function declare<Handler extends object>(handler: Handler, declared: Declared): Handler & { declared: Declared } {
  return Object.assign(handler, { declared });
}

/**
 * Parses a value with a schema.
 * @param refuse makes the error from the problems, one text for each field: `items.0.sku: …`
 * @throws that error, if the value does not match
 */
export function parse<Value>(schema: z.ZodType<Value>, value: unknown, refuse: (problems: string[]) => Error): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(schemaProblems(result.error));
}

/**
 * Runs the handling of one event, and logs its outcome in one line with the correlation id:
 *
 * - `handled`
 * - `refused`, with the reason: the sender made a mistake, and there is nothing to fix in the lambda
 * - `failed`, with the reason and the error
 *
 * `npm run local` and operators search for these words.
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
