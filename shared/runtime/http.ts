import { randomUUID } from "node:crypto";
import { IdempotencyAlreadyInProgressError, IdempotencyValidationError } from "@aws-lambda-powertools/idempotency";
import type { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyEventV2, APIGatewayProxyHandlerV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type * as z from "zod";
import { declare, type HandlerContext, lazyEnvironment, parse, withOutcome } from "./handler";
import { once } from "./idempotency";

export const CORRELATION_HEADER = "x-correlation-id";
export const IDEMPOTENCY_HEADER = "idempotency-key";

/** The largest body that is read. API Gateway takes 10 MB and a lambda 6 MB; what is made of it must fit every queue, topic and bus. */
const MOST_BYTES = 256 * 1024;

/** What ids from outside may be: they go into logs and messages. */
const SAFE_ID = /^[\w.:-]{1,128}$/;

/** An answer that is no success, told as a problem detail (RFC 9457). Throw it from a handler. */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    /** What this caller can do about it. */
    readonly detail: string,
    readonly errors?: string[],
  ) {
    super(`${status} ${title}: ${detail}`);
  }
}

interface HttpOptions<Body, Path, Variables> {
  /** What the JSON body must be. @default no body is read */
  body?: z.ZodType<Body>;
  /** What the path's parameters must be. */
  path?: z.ZodType<Path>;
  /** The variables that the stack must give: it takes their type, the lambda their values. */
  environment?: z.ZodType<Variables>;
  /** A request that comes again with the same `Idempotency-Key` gets the first answer and has no second effect. The stack says `idempotent: true`. @default false */
  idempotent?: boolean;
}

interface HttpAnswer {
  statusCode: number;
  /** Becomes JSON. */
  body: unknown;
}

/** The business of one request. */
type HttpHandler<Body, Path, Variables> = (request: { body: Body; path: Path }, context: HandlerContext<Variables>) => Promise<HttpAnswer>;

/** Handles requests to an HTTP API: parsed before, answered in JSON after, every error as a problem detail. */
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
      const hidden = `Say the correlation id ${correlationId} when you report this.`;
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
  if (!SAFE_ID.test(key)) throw new HttpProblem(400, "Bad Request", "Idempotency-Key is 1 to 128 letters, digits and . : _ -");
  try {
    const { method } = event.requestContext.http;
    const content = { query: event.rawQueryString, body: event.body ?? null };
    return await once([method, event.rawPath, callerOf(event), key].join("#"), context, run, content);
  } catch (error) {
    if (error instanceof IdempotencyAlreadyInProgressError)
      throw new HttpProblem(409, "Conflict", "The request with this Idempotency-Key is still being handled; ask again in a moment.");
    if (error instanceof IdempotencyValidationError)
      throw new HttpProblem(422, "Unprocessable Content", "This Idempotency-Key came before with another body; use a new one.");
    throw error;
  }
}

/** Whose key it is: one caller's must not get another's answer. Empty on a route that anyone may call. */
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
    throw new HttpProblem(413, "Content Too Large", `The body is ${bytes.length} bytes; at most ${MOST_BYTES} are read.`);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HttpProblem(400, "Bad Request", "The body is not JSON.");
  }
}

function fit<Value>(part: string, schema: z.ZodType<Value>, value: unknown): Value {
  return parse(schema, value, (problems) => new HttpProblem(400, "Bad Request", `The ${part} does not fit.`, problems));
}
