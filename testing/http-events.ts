/** The part of the test kit for handlers of an HTTP API: sends requests to a handler and returns the responses. */

import type { APIGatewayProxyEventV2, APIGatewayProxyHandlerV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { lambdaContext, noCallback } from "./events";
import type { Json } from "./json";

/**
 * A request to a route.
 *
 * @example
 * const placeOrder: HttpRequest = { body: { sku: "book" }, headers: { "idempotency-key": "key-1" } };
 */
export interface HttpRequest {
  /** @default POST */
  method?: string;
  /**
   * The path of the route, as in `stack.ts`: `/things/{id}`.
   * @default /things
   */
  path?: string;
  /**
   * The request body. Text is sent as it is, and everything else as JSON.
   * @default no body
   */
  body?: unknown;
  /**
   * The request headers. Their names are in lower case, because API Gateway converts them.
   * @default no headers
   */
  headers?: Record<string, string>;
  /**
   * The values of the parameters in the path: `{ id: "17" }`.
   * @default no path parameters
   */
  pathParameters?: Record<string, string>;
  /**
   * Whether the body is base64 text, as API Gateway sends a binary body.
   * @default false
   */
  isBase64Encoded?: boolean;
  /**
   * The query string without the question mark: `a=1&b=2`.
   * @default no query
   */
  query?: string;
  /**
   * The `sub` claim of the caller's JWT.
   * @default no token, as on a public route
   */
  caller?: string;
}

/**
 * Makes the event of an HTTP API, in payload format 2.0.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * @example
 * const event = httpEvent({ method: "GET", path: "/orders/{orderId}", pathParameters: { orderId: "17" } });
 */
export function httpEvent({
  method = "POST",
  path = "/things",
  body,
  headers = {},
  pathParameters,
  isBase64Encoded = false,
  query = "",
  caller,
}: HttpRequest = {}): APIGatewayProxyEventV2 {
  const routeKey = `${method} ${path}`;
  const rawPath = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(pathParameters?.[name] ?? ""));
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString: query,
    headers,
    pathParameters,
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded,
    requestContext: {
      accountId: "111111111111",
      apiId: "api",
      domainName: "api.example.com",
      domainPrefix: "api",
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "jest" },
      requestId: "request-1",
      routeKey,
      stage: "$default",
      time: "01/Jan/2030:00:00:00 +0000",
      timeEpoch: 1_893_456_000_000,
      ...(caller && { authorizer: { jwt: { claims: { sub: caller }, scopes: [] } } }),
    },
  };
}

/**
 * A response, as the caller receives it.
 *
 * @example
 * const { status, body }: HttpResponse = await request(handler, { body: { sku: "book" } });
 */
export interface HttpResponse {
  /** The HTTP status. */
  status: number;
  /** The response headers. */
  headers: Record<string, unknown>;
  /** The response body, parsed from JSON. */
  body: Json;
}

/**
 * Sends a request to a handler of an HTTP API.
 *
 * @example
 * const { status, body } = await request(handler, { body: { sku: "book" }, headers: { "x-correlation-id": "id-1" } });
 * expect(status).toBe(202);
 */
export async function request(
  handler: APIGatewayProxyHandlerV2<APIGatewayProxyStructuredResultV2>,
  httpRequest: HttpRequest = {},
): Promise<HttpResponse> {
  const result = (await handler(httpEvent(httpRequest), lambdaContext, noCallback)) as APIGatewayProxyStructuredResultV2;
  return { status: result.statusCode ?? 200, headers: result.headers ?? {}, body: JSON.parse(result.body ?? "null") };
}
