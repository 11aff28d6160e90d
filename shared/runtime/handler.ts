import { Logger } from "@aws-lambda-powertools/logger";
import type * as z from "zod";
import { schemaProblems } from "../schema-problems";

/** The second argument of every handler. */
export interface HandlerContext<Variables> {
  /**
   * Writes JSON lines that have the correlation id.
   * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/
   */
  logger: Logger;
  /**
   * Follows one request through all domains and their logs. Pass it on in every event that the handler sends.
   * An event without a correlation id gets the request id of the invocation. An HTTP request without one gets a random UUID.
   */
  correlationId: string;
  /** The environment variables, parsed by the schema in the handler's option `environment`. */
  environment: Variables;
}

/** The logger of the lambda. Its lines have the name of the domain as `service`, from the variable POWERTOOLS_SERVICE_NAME. */
export const logger = new Logger();

/**
 * Returns a function that reads the environment variables. They are read at its first call, which is the first event, and kept.
 * @throws Error that names every missing or invalid variable. Every call throws it until all variables are valid.
 */
export function lazyEnvironment<Variables>(schema: z.ZodType<Variables> | undefined): () => Variables {
  let variables: Variables | undefined;
  const invalid = (problems: string[]) =>
    new Error(`Environment variables are missing or invalid: ${problems.join("; ")}. Set them on the function in stack.ts.`);
  return () => {
    variables ??= schema ? parse(schema, process.env, invalid) : ({} as Variables);
    return variables;
  };
}

/** What a handler's file declares. A convention compares it with the stack that deploys the handler. */
export interface Declared {
  /** The kind of the trigger: `queue`. */
  trigger: string;
  /** The type of the event: `order-placed.v1`. Handlers of HTTP requests have none. */
  event?: string;
  /** The schema of the environment variables. */
  environment?: z.ZodType;
  /** Whether the handler needs the domain's idempotency table. */
  idempotent: boolean;
}

/** Adds the declarations to a handler. */
export function declare<Handler extends object>(handler: Handler, declared: Declared): Handler & { declared: Declared } {
  return Object.assign(handler, { declared });
}

/**
 * Parses a value.
 * @param refuse makes the error from the problems, one for each invalid field: `items.0.sku: Invalid input`
 * @throws the error that `refuse` makes
 */
export function parse<Value>(schema: z.ZodType<Value>, value: unknown, refuse: (problems: string[]) => Error): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(schemaProblems(result.error));
}

/**
 * Runs a function that handles one event, and logs the outcome in one line with the correlation id. Operators, `npm run local`
 * and the tests search for the message of this line:
 * - `handled`
 * - `refused`, a warning with the reason: the sender made a mistake, so there is nothing to fix in the lambda
 * - `failed`, an error with the reason
 *
 * @returns the result of the function
 * @throws the error of the function, after logging it
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
