import type { APIGatewayProxyEventV2, APIGatewayProxyHandlerV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { lambdaContext, noCallback } from "./events";
import type { Json } from "./json";

/** Requests as an HTTP API hands them on, and the answers as its caller sees them. */

export interface Request {
  method?: string;
  /** As the stack names it: `/things/{id}`. */
  path?: string;
  /** Becomes JSON, but text goes as it is. @default no body */
  body?: unknown;
  /** In lower case, as API Gateway hands them on. */
  headers?: Record<string, string>;
  pathParameters?: Record<string, string>;
  isBase64Encoded?: boolean;
  /** `a=1&b=2` */
  query?: string;
  /** The subject of the caller's token. @default a route that anyone may call */
  caller?: string;
}

/** An HTTP API's event, payload format 2.0. */
export function httpEvent({
  method = "POST",
  path = "/things",
  body,
  headers = {},
  pathParameters,
  ...rest
}: Request = {}): APIGatewayProxyEventV2 {
  const routeKey = `${method} ${path}`;
  const rawPath = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(pathParameters?.[name] ?? ""));
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString: rest.query ?? "",
    headers,
    pathParameters,
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded: rest.isBase64Encoded ?? false,
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
      ...(rest.caller && { authorizer: { jwt: { claims: { sub: rest.caller }, scopes: [] } } }),
    },
  };
}

/** An answer with its JSON body read. */
export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: Json;
}

/** Sends a request to a handler. */
export async function request(handler: APIGatewayProxyHandlerV2<APIGatewayProxyStructuredResultV2>, given: Request = {}): Promise<Answer> {
  const result = (await handler(httpEvent(given), lambdaContext, noCallback)) as APIGatewayProxyStructuredResultV2;
  return { status: result.statusCode ?? 200, headers: result.headers ?? {}, body: JSON.parse(result.body ?? "null") };
}
