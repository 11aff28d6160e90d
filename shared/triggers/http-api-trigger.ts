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
import { minutes } from "../duration";
import { Alarm } from "../resources/alarm";
import { addFinding, checkRange } from "../stack/findings";
import { checkedName } from "../stack/names";
import type { HttpSample } from "../stack-description";
import { type Cors, corsConfiguration, isOrigin } from "./cors";
import { type AnyFunction, Trigger } from "./trigger";

/** Who may call a route. There is no default: an endpoint is public only where its author says so. */
export type Caller =
  /** Whoever signs with AWS credentials that allow `execute-api:Invoke`. */
  | "iam"
  /** Whoever has a token of this issuer for one of these audiences, with all of these scopes. */
  | { issuer: string; audience: string[]; scopes?: string[] }
  /** The whole internet. */
  | "anyone";

export interface HttpApiWiring {
  /** Method and path: `POST /orders`, `GET /orders/{orderId}`. */
  route: string;
  caller: Caller;
  /** A request that the route answers well. */
  sample?: Omit<HttpSample, "method" | "path"> & { path?: string };
}

export interface CustomDomain {
  /** `api.example.com`. The world has it once: each environment has another. */
  domainName: string;
  /** Of ACM, in the API's account and region. */
  certificateArn: string;
}

export interface HttpApiTriggerProps {
  /** Requests a second, and at once, that the API lets through. @default 100 a second, 200 at once */
  throttling?: { rateLimit: number; burstLimit: number };
  /** Lets web pages of other origins call its routes. @default none may */
  cors?: Cors;
  /** A name of your own, by TLS 1.2; AWS's then answers no more. @default the one that AWS gives it */
  domain?: CustomDomain;
}

const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/** API Gateway answers 503 after 30 s, whatever the lambda does. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const LONGEST_TIMEOUT = 29;

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

/** An HTTP API (API Gateway v2) whose routes each invoke a lambda. */
export class HttpApiTrigger extends Trigger<HttpApiWiring> {
  protected override readonly invokesAgain = true;
  readonly api: Apigatewayv2Api;
  readonly stage: Apigatewayv2Stage;
  private readonly methods = new Set<string>();
  private readonly authorizers = new Map<string, Apigatewayv2Authorizer>();

  constructor(scope: Construct, id: string, { throttling = { rateLimit: 100, burstLimit: 200 }, cors, domain }: HttpApiTriggerProps = {}) {
    super(scope, id, "http-api");
    const name = this.stack.nameFor(this, "API Gateway API");
    // An account's own limits, until it asks for more. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    checkRange(this, "throttling.rateLimit", throttling.rateLimit, 1, 10_000);
    checkRange(this, "throttling.burstLimit", throttling.burstLimit, 1, 5000);
    const { logRetentionDays: retentionInDays } = this.stack.environment;
    // Under this prefix CloudWatch needs no resource policy for each group.
    const accessLog = new CloudwatchLogGroup(this, "access-log", { name: `/aws/vendedlogs/apigateway/${name}`, retentionInDays });
    this.api = new Apigatewayv2Api(this, "api", {
      name,
      protocolType: "HTTP",
      disableExecuteApiEndpoint: domain && true,
      corsConfiguration: cors && { ...corsConfiguration(this, cors), allowMethods: Lazy.listValue({ produce: () => [...this.methods] }) },
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
      description: `${name} answered a request with 5xx. Look for "failed" in the logs of its lambdas, and for integrationError in its access log.`,
    });
    this.describe({ address: domain ? `https://${domain.domainName}` : this.api.apiEndpoint });
    if (domain) this.addDomain(domain);
  }

  protected wire(lambda: AnyFunction, { route, caller, sample }: HttpApiWiring): void {
    const [, method = "", path = ""] = /^([A-Z]+) (\/\S*)$/.exec(route) ?? [];
    const methods = method === "ANY" ? METHODS : METHODS.filter((each) => each === method);
    if (!path || methods.length === 0) {
      addFinding(this, `the route is "${route}"; write a method and a path, such as "POST /orders"`);
      return;
    }
    for (const each of methods) this.methods.add(each);
    if (this.node.tryFindChild(route)) {
      addFinding(this, `the route "${route}" is there twice; a route invokes one lambda`);
      return;
    }
    if (!Token.isUnresolved(lambda.timeout) && lambda.timeout > LONGEST_TIMEOUT) {
      const fix = `set its timeout to at most ${LONGEST_TIMEOUT} s`;
      addFinding(this, `${lambda.node.id} may run for ${lambda.timeout} s, but API Gateway gives up after 30 s; ${fix}`);
    }
    if (sample) this.description.sample ??= { method, path, ...sample } satisfies HttpSample;

    new Apigatewayv2Route(this, route, {
      apiId: this.api.id,
      routeKey: route,
      target: `integrations/${this.integrationOf(lambda).id}`,
      ...this.authorization(caller),
    });
  }

  /** Its DNS record is made where your DNS is, and leads to the output `dns_target`. */
  private addDomain({ domainName, certificateArn }: CustomDomain): void {
    const certificates = this.stack.arnOf("acm", "certificate/");
    checkedName(this, { kind: "host", name: domainName });
    if (!isOrigin(`https://${domainName}`))
      addFinding(this, `the domain is "${domainName}"; write a host's name, such as "api.example.com"`);
    if (!Token.isUnresolved(certificateArn) && !certificateArn.startsWith(certificates)) {
      addFinding(this, `certificateArn is "${certificateArn}"; API Gateway takes one of its own account and region: ${certificates}…`);
    }
    const { id, domainNameConfiguration } = new Apigatewayv2DomainName(this, "domain", {
      domainName,
      domainNameConfiguration: { certificateArn, endpointType: "REGIONAL", securityPolicy: "TLS_1_2" },
    });
    new Apigatewayv2ApiMapping(this, "domain-mapping", { apiId: this.api.id, domainName: id, stage: this.stage.name });
    const { output } = this.description;
    new TerraformOutput(this, "dns-target", { value: domainNameConfiguration.targetDomainName }).overrideLogicalId(`${output}_dns_target`);
    // The local AWS has no DNS, and answers where AWS does not any more.
    new TerraformOutput(this, "endpoint", { value: this.api.apiEndpoint }).overrideLogicalId(`${output}_endpoint`);
  }

  /** One a lambda, whatever number of routes lead to it. */
  private integrationOf(lambda: AnyFunction): Apigatewayv2Integration {
    const id = `${lambda.node.id}-integration`;
    const known = this.node.tryFindChild(id) as Apigatewayv2Integration | undefined;
    if (known) return known;
    return new Apigatewayv2Integration(this, id, {
      apiId: this.api.id,
      integrationType: "AWS_PROXY",
      integrationUri: lambda.alias.invokeArn,
      payloadFormatVersion: "2.0",
      // No request before it may be handed on, and the lambda may do what it must.
      dependsOn: this.permit(lambda, "apigateway.amazonaws.com", `${this.api.executionArn}/${this.stage.name}/*/*`),
    });
  }

  private authorization(caller: Caller): Pick<Apigatewayv2RouteConfig, "authorizationType" | "authorizerId" | "authorizationScopes"> {
    if (caller === "anyone") return { authorizationType: "NONE" };
    if (caller === "iam") return { authorizationType: "AWS_IAM" };
    // One for all routes with this caller, for an API has ten at most.
    const { issuer, audience, scopes } = caller;
    if (!Token.isUnresolved(issuer) && !/^https:\/\/[^/]+/.test(issuer))
      addFinding(this, `the issuer is "${issuer}"; it is an address, https://…`);
    if (audience.length === 0) addFinding(this, `the tokens of ${issuer} are for nobody; name an audience`);
    const key = JSON.stringify([issuer, audience]);
    // Not named by the issuer, which may be a token or longer than a name.
    const name = `authorizer-${this.authorizers.size + 1}`;
    const authorizer =
      this.authorizers.get(key) ??
      new Apigatewayv2Authorizer(this, name, {
        apiId: this.api.id,
        name,
        authorizerType: "JWT",
        identitySources: ["$request.header.Authorization"],
        jwtConfiguration: { issuer, audience },
      });
    this.authorizers.set(key, authorizer);
    return { authorizationType: "JWT", authorizerId: authorizer.id, authorizationScopes: scopes };
  }
}
