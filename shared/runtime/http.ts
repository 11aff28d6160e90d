import { randomUUID } from "node:crypto";
import { IdempotencyAlreadyInProgressError, IdempotencyValidationError } from "@aws-lambda-powertools/idempotency";
import type { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEventV2, APIGatewayProxyHandlerV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type * as z from "zod";
import { declare, type HandlerContext, lazyEnvironment, parse, withOutcome } from "./handler";
import { once } from "./idempotency";

/** The header with the correlation id, in requests and in responses. */
export const CORRELATION_HEADER = "x-correlation-id";

/** The header with the key of an idempotent request. */
export const IDEMPOTENCY_HEADER = "idempotency-key";

/**
 * The largest request body. API Gateway accepts 10 MB and Lambda 6 MB, but an event that is made from the body must also fit into
 * a message of every queue, topic and bus.
 */
const MAX_BYTES = 256 * 1024;

/** The format of ids that callers send. They are written to logs and messages. */
const SAFE_ID = /^[\w.:-]{1,128}$/;

/**
 * An error that the caller sees, as a problem detail in JSON. A handler throws it.
 * A status below 500 is logged as the warning `refused`, and 500 or above as the error `failed`.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 *
 * @example
 * throw new HttpProblem(404, "Not Found", "Order 17 was not found.");
 */
export class HttpProblem extends Error {
  constructor(
    /** The HTTP status, 400 to 599. */
    readonly status: number,
    /** The name of the status: `Not Found`. */
    readonly title: string,
    /** The cause in this request, and how the caller can fix it. */
    readonly detail: string,
    /** The problems, when there are several: one text for each invalid field. */
    readonly errors?: string[],
  ) {
    super(`${status} ${title}: ${detail}`);
  }
}

interface HttpOptions<Body, Path, Variables> {
  /**
   * The schema of the request body, which must be JSON of at most 256 KiB.
   * A body that does not match gets the status 400, and the handler is not called.
   * @default the body is not read
   */
  body?: z.ZodType<Body>;
  /**
   * The schema of the path parameters. `GET /orders/{orderId}` has the path parameter `orderId`.
   * A path that does not match gets the status 400, and the handler is not called.
   * @default the path parameters are not read
   */
  path?: z.ZodType<Path>;
  /**
   * The schema of the lambda's environment variables.
   * The handler reads them when it handles its first request. If one is missing or invalid, every request gets the status 500.
   * Type the function in `stack.ts` with `z.input` of the schema, so that the compiler requires every variable there.
   * @default the handler reads no environment variables
   */
  environment?: z.ZodType<Variables>;
  /**
   * Whether a caller can repeat a request safely, by sending the same `Idempotency-Key` header again.
   * The repeated request gets the first response, and the handler is not called again. A key is remembered for 15 days.
   * A key that is sent with another body or query gets the status 422. While the first request is running, it gets 409.
   * A request without the header is handled each time.
   * The function in `stack.ts` must set `idempotent: true`.
   * @default false
   */
  idempotent?: boolean;
}

/** The value that a handler returns. */
interface HttpResult {
  /** The HTTP status. */
  statusCode: number;
  /** The response body. It is sent as JSON. */
  body: unknown;
}

/** Handles one request. */
type HttpHandler<Body, Path, Variables> = (request: { body: Body; path: Path }, context: HandlerContext<Variables>) => Promise<HttpResult>;

/**
 * Makes a handler for the requests to a route of an HTTP API. Body and path are parsed before the handler is called. The response
 * is JSON and has the correlation id in the header `x-correlation-id`.
 *
 * **When a request fails**, the caller gets a response, and nothing retries the request:
 * - A body or path that does not match its schema gets 400, and a body over 256 KiB gets 413.
 * - An {@link HttpProblem} that the handler throws gets its own status.
 * - Any other error gets 500. The response has the correlation id but not the error, and the alarm on 5xx responses fires.
 *
 * The reason is in the log line `refused` for a status below 500, and in the log line `failed` for all others.
 *
 * @example
 * import * as z from "zod";
 * import { HttpProblem, httpHandler } from "../../../shared/runtime/http";
 *
 * const body = z.object({ sku: z.string(), quantity: z.int().min(1) });
 *
 * export const handler = httpHandler({ body }, async ({ body: { sku, quantity } }, { logger }) => {
 *   if (quantity > 100) throw new HttpProblem(409, "Conflict", "Only 100 are in stock. Order fewer.");
 *   logger.info("order accepted", { sku, quantity });
 *   return { statusCode: 202, body: { status: "accepted" } };
 * });
 */
export function httpHandler<Body = undefined, Path = undefined, Variables = object>(
  options: HttpOptions<Body, Path, Variables>,
  handle: HttpHandler<Body, Path, Variables>,
): APIGatewayProxyHandlerV2<APIGatewayProxyStructuredResultV2> {
  const { environment, idempotent = false } = options;
  const variables = lazyEnvironment(environment);
  const handler: APIGatewayProxyHandlerV2<APIGatewayProxyStructuredResultV2> = async (event, lambdaContext) => {
    const receivedId = event.headers?.[CORRELATION_HEADER];
    const correlationId = receivedId && SAFE_ID.test(receivedId) ? receivedId : randomUUID();
    const respond = (statusCode: number, body: unknown, type = "application/json") => ({
      statusCode,
      headers: { "content-type": type, [CORRELATION_HEADER]: correlationId },
      body: JSON.stringify(body),
    });
    const handleRequest = async (logger: Logger) => {
      const body = options.body && validate("body", options.body, readJson(event));
      const path = options.path && validate("path", options.path, event.pathParameters ?? {});
      const run = () => handle({ body, path } as { body: Body; path: Path }, { logger, correlationId, environment: variables() });
      const result = await (idempotent ? runOnce(event, lambdaContext, run) : run());
      return respond(result.statusCode, result.body);
    };
    try {
      return await withOutcome("http-api", correlationId, handleRequest, (error) => error instanceof HttpProblem && error.status < 500);
    } catch (error) {
      const text = `An error occurred on our side. Quote correlation id ${correlationId} when reporting this problem.`;
      const { status, title, detail, errors } = error instanceof HttpProblem ? error : new HttpProblem(500, "Internal Server Error", text);
      return respond(status, { type: "about:blank", status, title, detail, errors, correlationId }, "application/problem+json");
    }
  };
  return declare(handler, { trigger: "http-api", environment, idempotent });
}

async function runOnce(event: APIGatewayProxyEventV2, context: Context, run: () => Promise<HttpResult>): Promise<HttpResult> {
  const key = event.headers?.[IDEMPOTENCY_HEADER];
  if (key === undefined) return run();
  if (!SAFE_ID.test(key)) {
    throw new HttpProblem(400, "Bad Request", "The Idempotency-Key header must be 1 to 128 characters: letters, digits, and . : _ -");
  }
  try {
    const { method } = event.requestContext.http;
    const content = { query: event.rawQueryString, body: event.body ?? null };
    return await once([method, event.rawPath, callerOf(event), key].join("#"), context, run, content);
  } catch (error) {
    if (error instanceof IdempotencyAlreadyInProgressError) {
      throw new HttpProblem(409, "Conflict", "A request with this Idempotency-Key is still being processed. Try again in a moment.");
    }
    if (error instanceof IdempotencyValidationError) {
      throw new HttpProblem(
        422,
        "Unprocessable Content",
        "This Idempotency-Key was already used with a different body or query. Use a new key.",
      );
    }
    throw error;
  }
}

/** The caller that an idempotency key belongs to, so that no caller gets another caller's response. Empty on a public route. */
function callerOf({ requestContext }: APIGatewayProxyEventV2): string {
  const { authorizer } = requestContext as {
    authorizer?: { jwt?: { claims: { iss?: string; sub?: string } }; iam?: { userArn?: string } };
  };
  const { iss, sub } = authorizer?.jwt?.claims ?? {};
  return sub ? `${iss} ${sub}` : (authorizer?.iam?.userArn ?? "");
}

function readJson(event: APIGatewayProxyEventV2): unknown {
  const bytes = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > MAX_BYTES) {
    throw new HttpProblem(413, "Content Too Large", `The request body is ${bytes.length} bytes. The maximum is ${MAX_BYTES} bytes.`);
  }
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HttpProblem(400, "Bad Request", "The request body is not valid JSON.");
  }
}

function validate<Value>(part: string, schema: z.ZodType<Value>, value: unknown): Value {
  const invalid = (problems: string[]) =>
    new HttpProblem(400, "Bad Request", `The request ${part} is not valid. The errors field lists each problem.`, problems);
  return parse(schema, value, invalid);
}
