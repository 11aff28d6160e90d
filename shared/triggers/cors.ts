import type { Apigatewayv2ApiCorsConfiguration } from "@cdktf/provider-aws/lib/apigatewayv2-api";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { type Duration, hours } from "../duration";
import { addFinding, checkRange } from "../stack/findings";

/** Which web pages of other origins may call an API. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html */
export interface Cors {
  /** Scheme and host, `https://shop.example.com`; `*` is every page there is. */
  allowOrigins: [string, ...string[]];
  /** Whether browsers send cookies with it: to named origins only. @default false */
  allowCredentials?: boolean;
  /** Headers that a page may send. @default those that handlers read, and `authorization` */
  allowHeaders?: string[];
  /** How long a browser may remember what is allowed, up to 24 h; -1 s: not at all. @default 1 h */
  maxAge?: Duration;
}

const HEADERS = ["authorization", "content-type", "idempotency-key", "x-correlation-id"];

/** The API's configuration, for the methods of its routes; what cannot work becomes a finding. */
export function corsConfiguration(scope: Construct, cors: Cors): Apigatewayv2ApiCorsConfiguration {
  const { allowOrigins, allowCredentials = false, allowHeaders = HEADERS, maxAge = hours(1) } = cors;
  for (const origin of allowOrigins.filter((each) => !isOrigin(each))) {
    addFinding(scope, `cors allows the origin "${origin}"; write scheme and host and no more, as browsers do: "https://shop.example.com"`);
  }
  if (allowCredentials && [...allowOrigins, ...allowHeaders].some((each) => each.includes("*"))) {
    addFinding(scope, 'cors allows credentials and "*": any page could act for whoever is signed in; name the origins and headers');
  }
  checkRange(scope, "cors.maxAge", maxAge, -1, hours(24), " s");
  return { allowOrigins, allowCredentials, allowHeaders, exposeHeaders: ["x-correlation-id"], maxAge };
}

/** Scheme and host, as browsers write it. */
export function isOrigin(origin: string): boolean {
  if (Token.isUnresolved(origin)) return true;
  if (origin.includes("*")) return ["*", "https://*", "http://*"].includes(origin);
  return /^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin;
}
