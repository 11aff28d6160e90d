import { Apigatewayv2Api } from "@cdktf/provider-aws/lib/apigatewayv2-api";
import { Apigatewayv2ApiMapping } from "@cdktf/provider-aws/lib/apigatewayv2-api-mapping";
import { Apigatewayv2Authorizer } from "@cdktf/provider-aws/lib/apigatewayv2-authorizer";
import { Apigatewayv2DomainName } from "@cdktf/provider-aws/lib/apigatewayv2-domain-name";
import { Apigatewayv2Integration } from "@cdktf/provider-aws/lib/apigatewayv2-integration";
import { Apigatewayv2Route, type Apigatewayv2RouteConfig } from "@cdktf/provider-aws/lib/apigatewayv2-route";
import { Apigatewayv2Stage } from "@cdktf/provider-aws/lib/apigatewayv2-stage";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { Lazy, TerraformOutput, Token } from "cdktf";
import type { Construct } from "constructs";
import { minutes, seconds } from "../duration";
import { Alarm, failuresIn } from "../resources/alarm";
import { addFinding, checkRange } from "../stack/findings";
import { deployedId, type FormerId } from "../stack/former-ids";
import { checkedName } from "../stack/name-limits";
import type { HttpSample } from "../stack-description";
import { type Cors, corsConfiguration, isOrigin } from "./cors";
import { type AnyFunction, Trigger } from "./trigger";

/**
 * Who can call a route.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
 */
export type Caller =
  /** Callers that sign their requests with AWS credentials which allow `execute-api:Invoke`. */
  | "iam"
  /** Callers with a JWT of this issuer, for one of these audiences, and with at least one of the scopes if there are any. */
  | { issuer: string; audience: string[]; scopes?: string[] }
  /** Everyone on the internet. */
  | "anyone";

export interface HttpApiWiring {
  /** Method and path: `POST /orders`, `GET /orders/{orderId}`, `ANY /orders`. */
  route: string;
  /** Who can call the route. It has no default, so that a route is public only if its author says so. */
  caller: Caller;
  /**
   * A request that this route answers with success, for `npm run local` and for smoke tests. If several routes of an API have a sample,
   * `domain.json` has the first one.
   * @default no sample
   */
  sample?: Omit<HttpSample, "method" | "path"> & { path?: string };
}

export interface CustomDomain {
  /** `api.example.com`. A domain name exists only once in the world, so each environment needs its own. */
  domainName: string;
  /** The ARN of an ACM certificate in the account and the region of the API. */
  certificateArn: string;
}

export interface HttpApiTriggerProps extends FormerId {
  /**
   * The limits of all routes together. API Gateway answers requests over a limit with 429.
   * `rateLimit`: requests per second, 1 to 10,000.
   * `burstLimit`: requests at once, 1 to 5,000.
   * @default 100 requests per second, and bursts of 200
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
   */
  throttling?: { rateLimit: number; burstLimit: number };
  /**
   * The web pages of other origins that can call the routes.
   * @default none
   */
  cors?: Cors;
  /**
   * A domain name for the API, with TLS 1.2 or later. The API then no longer answers under the name that AWS gave it.
   * @default the name that AWS gives it
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
   */
  domain?: CustomDomain;
}

interface Route {
  method: string;
  path: string;
  /** The HTTP methods that the route matches: several for `ANY`. */
  httpMethods: string[];
}

const HTTP_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/**
 * API Gateway ends a request after 30 s, and the lambda must have answered before.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const GATEWAY_TIMEOUT = seconds(30);
const MAX_LAMBDA_TIMEOUT = seconds(29);

/** The fields of a line in the access log. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
const ACCESS_LOG = {
  requestId: "$context.requestId",
  time: "$context.requestTime",
  route: "$context.routeKey",
  status: "$context.status",
  latency: "$context.responseLatency",
  sourceIp: "$context.identity.sourceIp",
  error: "$context.error.message",
  integrationError: "$context.integrationErrorMessage",
};

/**
 * An HTTP API (API Gateway v2). Each of its routes invokes one lambda.
 *
 * With no option set, it creates:
 * - An API under a name that AWS gives it, with a limit of 100 requests per second.
 * - An access log, with the log retention of the environment.
 * - An alarm that fires when a request is answered with a 5xx status.
 * - For each route, the access control that `caller` names: AWS credentials, a JWT, or anyone.
 * - An output with the API's URL.
 *
 * @example
 * const place = new NodejsFunction(this, "place");
 * const find = new NodejsFunction(this, "find");
 * const api = new HttpApiTrigger(this, "api", { throttling: { rateLimit: 20, burstLimit: 40 } });
 * api.invokes(place, { route: "POST /orders", caller: "iam" });
 * api.invokes(find, {
 *   route: "GET /orders/{orderId}",
 *   caller: { issuer: "https://login.example.com", audience: ["shop"], scopes: ["orders:read"] },
 * });
 */
export class HttpApiTrigger extends Trigger<HttpApiWiring> {
  protected override readonly allowsRepeatedLambda = true;
  /** The raw API, for settings that no option covers. */
  readonly api: Apigatewayv2Api;
  readonly stage: Apigatewayv2Stage;
  private readonly httpMethods = new Set<string>();
  /** By issuer and audience: routes with the same ones share an authorizer, because an API can have ten at most. */
  private readonly authorizers = new Map<string, Apigatewayv2Authorizer>();

  constructor(
    scope: Construct,
    id: string,
    { throttling = { rateLimit: 100, burstLimit: 200 }, cors, domain, formerly }: HttpApiTriggerProps = {},
  ) {
    super(scope, id, "http-api", { formerly });
    const name = this.stack.nameFor(this, "API Gateway API");
    // The quotas of an account that has not asked for more. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    checkRange(this, { "throttling.rateLimit": throttling.rateLimit }, { min: 1, max: 10_000 });
    checkRange(this, { "throttling.burstLimit": throttling.burstLimit }, { min: 1, max: 5000 });
    // Log groups with this prefix do not need entries in a resource policy of CloudWatch, whose size is limited.
    const logGroupName = `/aws/vendedlogs/apigateway/${name}`;
    const accessLog = new CloudwatchLogGroup(this, "access-log", {
      name: logGroupName,
      retentionInDays: this.stack.environment.logRetentionDays,
    });
    this.api = new Apigatewayv2Api(this, "api", {
      name,
      protocolType: "HTTP",
      disableExecuteApiEndpoint: domain ? true : undefined,
      // Lazy, because routes are added after the constructor.
      corsConfiguration: cors && {
        ...corsConfiguration(this, cors),
        allowMethods: Lazy.listValue({ produce: () => [...this.httpMethods] }),
      },
    });
    this.stage = new Apigatewayv2Stage(this, "stage", {
      apiId: this.api.id,
      name: "$default",
      autoDeploy: true,
      accessLogSettings: { destinationArn: accessLog.arn, format: JSON.stringify(ACCESS_LOG) },
      defaultRouteSettings: { throttlingRateLimit: throttling.rateLimit, throttlingBurstLimit: throttling.burstLimit },
    });
    new Alarm(this, "server-errors", {
      metric: ["AWS/ApiGateway", "5xx", "ApiId", this.api.id],
      statistic: "Sum",
      period: minutes(5),
      // Lazy, because routes are added after the constructor.
      description: Lazy.stringValue({ produce: () => this.serverErrorsDescription(name, logGroupName) }),
    });
    this.describe({ address: domain ? `https://${domain.domainName}` : this.api.apiEndpoint });
    if (domain) this.addDomain(domain);
  }

  private serverErrorsDescription(name: string, accessLog: string): string {
    const { region } = this.stack.project;
    const [logGroup = "", ...others] = this.lambdas.map(({ logGroupName }) => logGroupName);
    return [
      `${name} answered a request with a 5xx status.`,
      `Find the request and its route in the access log: aws logs tail ${accessLog} --since 6h --region ${region} --filter-pattern '{ $.status = "5*" }'.`,
      "If it has an integrationError, the lambda of the route crashed, timed out or could not be invoked.",
      `Find the reason in the log of that lambda: ${failuresIn(this, logGroup, ...others)}.`,
      `Fix the cause, and run npm run deploy -- ${this.stack.deployedStack}.`,
    ].join(" ");
  }

  protected wire(lambda: AnyFunction, { route: routeKey, caller, sample }: HttpApiWiring): void {
    const route = parseRoute(routeKey);
    if (!route) {
      addFinding(this, `the route is "${routeKey}", but a route is a method and a path. Write it as "POST /orders".`);
      return;
    }
    for (const method of route.httpMethods) this.httpMethods.add(method);
    if (this.node.tryFindChild(routeKey)) {
      addFinding(this, `has the route "${routeKey}" twice, but a route invokes one lambda. Remove one of the two.`);
      return;
    }
    if (!Token.isUnresolved(lambda.timeout) && lambda.timeout > MAX_LAMBDA_TIMEOUT) {
      const values = `${lambda.node.id} can run for ${lambda.timeout} s, but API Gateway ends a request after ${GATEWAY_TIMEOUT} s`;
      addFinding(this, `${values}. Set the lambda's timeout to at most ${MAX_LAMBDA_TIMEOUT} s.`);
    }
    if (sample) this.description.sample ??= { method: route.method, path: route.path, ...sample } satisfies HttpSample;

    new Apigatewayv2Route(this, routeKey, {
      apiId: this.api.id,
      routeKey,
      target: `integrations/${this.findOrCreateIntegration(lambda).id}`,
      ...this.authorizationOf(caller),
    });
  }

  /** The author creates the DNS record, because only the author knows where the DNS zone is. Its value is the output `dns_target`. */
  private addDomain({ domainName, certificateArn }: CustomDomain): void {
    checkedName(this, { kind: "host", name: domainName });
    if (!isOrigin(`https://${domainName}`)) {
      addFinding(this, `the domain is "${domainName}", which is not the name of a host. Write it as "api.example.com".`);
    }
    const certificates = this.stack.arnOf("acm", "certificate/");
    if (!Token.isUnresolved(certificateArn) && !certificateArn.startsWith(certificates)) {
      const rule = "API Gateway accepts only ACM certificates of its own account and region";
      addFinding(this, `certificateArn is "${certificateArn}", but ${rule}. Use one that starts with ${certificates}.`);
    }
    const { id, domainNameConfiguration } = new Apigatewayv2DomainName(this, "domain", {
      domainName,
      domainNameConfiguration: { certificateArn, endpointType: "REGIONAL", securityPolicy: "TLS_1_2" },
    });
    new Apigatewayv2ApiMapping(this, "domain-mapping", { apiId: this.api.id, domainName: id, stage: this.stage.name });
    const { output } = this.description;
    new TerraformOutput(this, "dns-target", { value: domainNameConfiguration.targetDomainName }).overrideLogicalId(`${output}_dns_target`);
    // The local AWS does not have DNS, so the API is called at this endpoint there. On AWS, the endpoint is disabled.
    new TerraformOutput(this, "endpoint", { value: this.api.apiEndpoint }).overrideLogicalId(`${output}_endpoint`);
  }

  /** All routes to one lambda share an integration. */
  private findOrCreateIntegration(lambda: AnyFunction): Apigatewayv2Integration {
    const id = `${deployedId(lambda)}-integration`;
    const existing = this.node.tryFindChild(id) as Apigatewayv2Integration | undefined;
    if (existing) return existing;
    return new Apigatewayv2Integration(this, id, {
      apiId: this.api.id,
      integrationType: "AWS_PROXY",
      integrationUri: lambda.alias.invokeArn,
      payloadFormatVersion: "2.0",
      // The first request must not arrive before API Gateway and the lambda have their permissions.
      dependsOn: this.permit(lambda, "apigateway.amazonaws.com", `${this.api.executionArn}/${this.stage.name}/*/*`),
    });
  }

  private authorizationOf(caller: Caller): Pick<Apigatewayv2RouteConfig, "authorizationType" | "authorizerId" | "authorizationScopes"> {
    if (caller === "anyone") return { authorizationType: "NONE" };
    if (caller === "iam") return { authorizationType: "AWS_IAM" };
    const { issuer, audience, scopes } = caller;
    if (!Token.isUnresolved(issuer) && !/^https:\/\/[^/]+/.test(issuer)) {
      addFinding(this, `the issuer is "${issuer}", but an issuer is a URL. Write it as "https://…".`);
    }
    if (audience.length === 0) {
      addFinding(this, `the caller with tokens of ${issuer} has no audience, so no token would be accepted. Name an audience.`);
    }
    const { id } = this.findOrCreateAuthorizer(issuer, audience);
    return { authorizationType: "JWT", authorizerId: id, authorizationScopes: scopes };
  }

  private findOrCreateAuthorizer(issuer: string, audience: string[]): Apigatewayv2Authorizer {
    const key = JSON.stringify([issuer, audience]);
    const existing = this.authorizers.get(key);
    if (existing) return existing;
    // The name does not contain the issuer, because an issuer can be a CDKTF token, or longer than a name may be.
    const name = `authorizer-${this.authorizers.size + 1}`;
    const authorizer = new Apigatewayv2Authorizer(this, name, {
      apiId: this.api.id,
      name,
      authorizerType: "JWT",
      identitySources: ["$request.header.Authorization"],
      jwtConfiguration: { issuer, audience },
    });
    this.authorizers.set(key, authorizer);
    return authorizer;
  }
}

/** The parts of a route such as `POST /orders`, or undefined if the text is not a route. */
function parseRoute(routeKey: string): Route | undefined {
  const [, method, path] = /^([A-Z]+) (\/\S*)$/.exec(routeKey) ?? [];
  if (method === undefined || path === undefined) return undefined;
  if (method === "ANY") return { method, path, httpMethods: HTTP_METHODS };
  return HTTP_METHODS.includes(method) ? { method, path, httpMethods: [method] } : undefined;
}
