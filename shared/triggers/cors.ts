import type { Apigatewayv2ApiCorsConfiguration } from "@cdktf/provider-aws/lib/apigatewayv2-api";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { type Duration, hours } from "../duration";
import { addFinding, checkRange } from "../stack/findings";

/**
 * The web pages of other origins that can call an API, and how.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export interface Cors {
  /** The origins of the pages: scheme and host, such as `https://shop.example.com`. `*` allows every page. */
  allowOrigins: [string, ...string[]];
  /**
   * Whether browsers send cookies and other credentials with the requests. `*` is not accepted then, neither as an origin nor as a header.
   * @default false
   */
  allowCredentials?: boolean;
  /**
   * The headers that a page can send.
   * @default `authorization` and the headers that handlers read: `content-type`, `idempotency-key` and `x-correlation-id`
   */
  allowHeaders?: string[];
  /**
   * How long a browser caches the answer to its preflight request, 0 to 24 hours. -1 s turns the cache off.
   * @default 1 hour
   */
  maxAge?: Duration;
}

const DEFAULT_ALLOWED_HEADERS = ["authorization", "content-type", "idempotency-key", "x-correlation-id"];

/** The CORS configuration of an API, except for the allowed methods. Settings that browsers or AWS reject become findings. */
export function corsConfiguration(scope: Construct, cors: Cors): Apigatewayv2ApiCorsConfiguration {
  const { allowOrigins, allowCredentials = false, allowHeaders = DEFAULT_ALLOWED_HEADERS, maxAge = hours(1) } = cors;
  for (const origin of allowOrigins.filter((each) => !isOrigin(each))) {
    const rule = "browsers send an origin as scheme and host only";
    addFinding(scope, `cors allows the origin "${origin}", but ${rule}. Write it as "https://shop.example.com".`);
  }
  const hasWildcard = [...allowOrigins, ...allowHeaders].some((each) => each.includes("*"));
  if (allowCredentials && hasWildcard) {
    const consequence = "every web page could act on behalf of a user who is signed in";
    addFinding(scope, `cors allows credentials and "*", so ${consequence}. Name the origins and the headers.`);
  }
  checkRange(scope, { "cors.maxAge": maxAge }, { min: -1, max: hours(24), unit: "s" });
  return { allowOrigins, allowCredentials, allowHeaders, exposeHeaders: ["x-correlation-id"], maxAge };
}

/** Whether a text is an origin as browsers send it, or a wildcard that API Gateway accepts instead. A CDKTF token passes. */
export function isOrigin(text: string): boolean {
  if (Token.isUnresolved(text)) return true;
  if (text.includes("*")) return ["*", "https://*", "http://*"].includes(text);
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
