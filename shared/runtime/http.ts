import { randomUUID } from "node:crypto";
import { IdempotencyAlreadyInProgressError, IdempotencyValidationError } from "@aws-lambda-powertools/idempotency";
import type { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEventV2, APIGatewayProxyHandlerV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type * as z from "zod";
import { declare, type HandlerContext, lazyEnvironment, parse, withOutcome } from "./handler";
import { once } from "./idempotency";

export const CORRELATION_HEADER = "x-correlation-id";
export const IDEMPOTENCY_HEADER = "idempotency-key";

/**
 * Largest body that is read, in bytes. API Gateway accepts 10 MB and Lambda 6 MB, but an event made from the body must fit into every
 * queue, topic and bus.
 */
const MOST_BYTES = 256 * 1024;

/** The ids that callers may choose. They are written into logs and messages. */
const SAFE_ID = /^[\w.:-]{1,128}$/;

/**
 * An answer with an error status. Throw it from a handler. The caller receives it as a problem detail (RFC 9457).
 * @example
 * throw new HttpProblem(404, "Not Found", `There is no order ${orderId}.`);
 */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    /** What happened and what the caller can do, in one or two sentences. */
    readonly detail: string,
    /** One text for each field that is wrong. */
    readonly errors?: string[],
  ) {
    super(`${status} ${title}: ${detail}`);
  }
}

interface HttpOptions<Body, Path, Variables> {
  /**
   * The schema of the JSON body.
   * @default the body is not read
   */
  body?: z.ZodType<Body>;
  /**
   * The schema of the path parameters: `{ orderId: z.uuid() }` for the route `GET /orders/{orderId}`.
   * @default the path is not read
   */
  path?: z.ZodType<Path>;
  /**
   * The environment variables that the lambda reads, as a zod object. The stack must provide them, and uses the schema's input type.
   * @default none
   */
  environment?: z.ZodType<Variables>;
  /**
   * A request that repeats an `Idempotency-Key` gets the first answer and has no second effect. The stack must set `idempotent: true`.
   * @default false
   */
  idempotent?: boolean;
}

interface HttpAnswer {
  statusCode: number;
  /** Is sent as JSON. */
  body: unknown;
}

/** The business logic of one request. */
type HttpHandler<Body, Path, Variables> = (request: { body: Body; path: Path }, context: HandlerContext<Variables>) => Promise<HttpAnswer>;

/**
 * Makes a handler for requests to an HTTP API. It parses the request before, answers in JSON, and answers every error as a
 * problem detail. A request that does not match its schemas gets 400. An `HttpProblem` becomes its status. Any other error becomes
 * 500, and only the log shows it. Nothing is retried: the caller decides.
 *
 * @example
 * export const handler = httpHandler({ path: z.object({ orderId: z.uuid() }) }, async ({ path: { orderId } }) => {
 *   if (orderId === "00000000-0000-4000-8000-000000000000") throw new HttpProblem(404, "Not Found", `There is no order ${orderId}.`);
 *   return { statusCode: 200, body: { orderId, status: "recorded" } };
 * });
 */
export function httpHandler<Body = undefined, Path = undefined, Variables = object>(
  options: HttpOptions<Body, Path, Variables>,
  handle: HttpHandler<Body, Path, Variables>,
): APIGatewayProxyHandlerV2<APIGatewayProxyStructuredResultV2> {
  const { environment, idempotent = false } = options;
  const variables = lazyEnvironment(environment);
  const handler: APIGatewayProxyHandlerV2<APIGatewayProxyStructuredResultV2> = async (event, lambdaContext) => {
    const given = event.headers?.[CORRELATION_HEADER];
    const correlationId = given && SAFE_ID.test(given) ? given : randomUUID();
    const answer = (statusCode: number, body: unknown, type = "application/json") => ({
      statusCode,
      headers: { "content-type": type, [CORRELATION_HEADER]: correlationId },
      body: JSON.stringify(body),
    });
    const handleRequest = async (logger: Logger) => {
      const body = options.body && fit("body", options.body, readJson(event));
      const path = options.path && fit("path", options.path, event.pathParameters ?? {});
      const run = () => handle({ body, path } as { body: Body; path: Path }, { logger, correlationId, environment: variables() });
      const result = await (idempotent ? runOnce(event, lambdaContext, run) : run());
      return answer(result.statusCode, result.body);
    };
    try {
      return await withOutcome("http-api", correlationId, handleRequest, (error) => error instanceof HttpProblem && error.status < 500);
    } catch (error) {
      const hidden = `Quote correlation id ${correlationId} when reporting this problem.`;
      const { status, title, detail, errors } =
        error instanceof HttpProblem ? error : new HttpProblem(500, "Internal Server Error", hidden);
      return answer(status, { type: "about:blank", status, title, detail, errors, correlationId }, "application/problem+json");
    }
  };
  return declare(handler, { trigger: "http-api", environment, idempotent });
}

async function runOnce(event: APIGatewayProxyEventV2, context: Context, run: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  const key = event.headers?.[IDEMPOTENCY_HEADER];
  if (key === undefined) return run();
  if (!SAFE_ID.test(key))
    throw new HttpProblem(400, "Bad Request", "The Idempotency-Key header must be 1 to 128 letters, digits, or the characters . : _ -");
  try {
    const { method } = event.requestContext.http;
    const content = { query: event.rawQueryString, body: event.body ?? null };
    return await once([method, event.rawPath, callerOf(event), key].join("#"), context, run, content);
  } catch (error) {
    if (error instanceof IdempotencyAlreadyInProgressError)
      throw new HttpProblem(409, "Conflict", "A request with this Idempotency-Key is still in progress. Try again in a moment.");
    if (error instanceof IdempotencyValidationError)
      throw new HttpProblem(422, "Unprocessable Content", "This Idempotency-Key was already used with another body. Use a new one.");
    throw error;
  }
}

/** Who sent the key, because a caller must not get the answer of another. Empty on a route that anyone may call. */
function callerOf({ requestContext }: APIGatewayProxyEventV2): string {
  const { authorizer } = requestContext as {
    authorizer?: { jwt?: { claims: { iss?: string; sub?: string } }; iam?: { userArn?: string } };
  };
  const { iss, sub } = authorizer?.jwt?.claims ?? {};
  return sub ? `${iss} ${sub}` : (authorizer?.iam?.userArn ?? "");
}

function readJson(event: APIGatewayProxyEventV2): unknown {
  const bytes = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > MOST_BYTES)
    throw new HttpProblem(413, "Content Too Large", `The body has ${bytes.length} bytes. The limit is ${MOST_BYTES}.`);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HttpProblem(400, "Bad Request", "The body is not JSON.");
  }
}

function fit<Value>(part: string, schema: z.ZodType<Value>, value: unknown): Value {
  return parse(schema, value, (problems) => new HttpProblem(400, "Bad Request", `The ${part} is not valid.`, problems));
}
