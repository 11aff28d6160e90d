import { Apigatewayv2Api } from "@cdktf/provider-aws/lib/apigatewayv2-api";
import { Apigatewayv2Authorizer } from "@cdktf/provider-aws/lib/apigatewayv2-authorizer";
import { Apigatewayv2Integration } from "@cdktf/provider-aws/lib/apigatewayv2-integration";
import { Apigatewayv2Route, type Apigatewayv2RouteConfig } from "@cdktf/provider-aws/lib/apigatewayv2-route";
import { Apigatewayv2Stage } from "@cdktf/provider-aws/lib/apigatewayv2-stage";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { Alarm } from "../alarm";
import { minutes } from "../duration";
import type { HttpSample } from "../stack-description";
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

export interface HttpApiTriggerProps {
  /** Requests a second, and at once, that the API lets through. @default 100 a second, 200 at once */
  throttling?: { rateLimit: number; burstLimit: number };
}

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

  constructor(scope: Construct, id: string, { throttling = { rateLimit: 100, burstLimit: 200 } }: HttpApiTriggerProps = {}) {
    super(scope, id, "http-api");
    const name = this.stack.nameFor(this, "API Gateway API");
    const accessLog = new CloudwatchLogGroup(this, "access-log", {
      // Under this prefix CloudWatch needs no resource policy for each group.
      name: `/aws/vendedlogs/apigateway/${name}`,
      retentionInDays: this.stack.environment.logRetentionDays,
    });
    this.api = new Apigatewayv2Api(this, "api", { name, protocolType: "HTTP" });
    this.stage = new Apigatewayv2Stage(this, "stage", {
      apiId: this.api.id,
      name: "$default",
      autoDeploy: true,
      accessLogSettings: { destinationArn: accessLog.arn, format: JSON.stringify(ACCESS_LOG) },
      defaultRouteSettings: { throttlingRateLimit: throttling.rateLimit, throttlingBurstLimit: throttling.burstLimit },
    });
    new Alarm(this, "server-errors", {
      namespace: "AWS/ApiGateway",
      metric: "5xx",
      dimensions: { ApiId: this.api.id },
      statistic: "Sum",
      threshold: 0,
      period: minutes(5),
      description: `${name} answered a request with 5xx. Look for "failed" in the logs of its lambdas, and for integrationError in its access log.`,
    });
    this.describe({ address: this.api.apiEndpoint });
  }

  protected wire(lambda: AnyFunction, { route, caller, sample }: HttpApiWiring): void {
    const [, method = "", path = ""] = /^([A-Z]+) (\/\S*)$/.exec(route) ?? [];
    if (!path) {
      this.find(`the route is "${route}"; write a method and a path, such as "POST /orders"`);
      return;
    }
    if (this.node.tryFindChild(route)) {
      this.find(`the route "${route}" is there twice; a route invokes one lambda`);
      return;
    }
    if (!Token.isUnresolved(lambda.timeout) && lambda.timeout > LONGEST_TIMEOUT) {
      const fix = `set its timeout to at most ${LONGEST_TIMEOUT} s`;
      this.find(`${lambda.node.id} may run for ${lambda.timeout} s, but API Gateway gives up after 30 s; ${fix}`);
    }
    if (sample) this.description.sample ??= { method, path, ...sample } satisfies HttpSample;

    new Apigatewayv2Route(this, route, {
      apiId: this.api.id,
      routeKey: route,
      target: `integrations/${this.integrationOf(lambda).id}`,
      ...this.authorization(caller),
    });
  }

  /** One a lambda, whatever number of routes lead to it. */
  private integrationOf(lambda: AnyFunction): Apigatewayv2Integration {
    const id = `${lambda.node.id}-integration`;
    const known = this.node.tryFindChild(id) as Apigatewayv2Integration | undefined;
    if (known) return known;
    const permission = this.permit(lambda, "apigateway.amazonaws.com", `${this.api.executionArn}/${this.stage.name}/*/*`);
    return new Apigatewayv2Integration(this, id, {
      apiId: this.api.id,
      integrationType: "AWS_PROXY",
      integrationUri: lambda.alias.invokeArn,
      payloadFormatVersion: "2.0",
      // No request before it may be handed on, and the lambda may do what it must.
      dependsOn: [permission, lambda.policy],
    });
  }

  private authorization(caller: Caller): Pick<Apigatewayv2RouteConfig, "authorizationType" | "authorizerId" | "authorizationScopes"> {
    if (caller === "anyone") return { authorizationType: "NONE" };
    if (caller === "iam") return { authorizationType: "AWS_IAM" };
    // One for all routes with this caller, for an API has ten at most.
    const id = `${caller.issuer} ${caller.audience.join(" ")}`;
    const known = this.node.tryFindChild(id) as Apigatewayv2Authorizer | undefined;
    const authorizer =
      known ??
      new Apigatewayv2Authorizer(this, id, {
        apiId: this.api.id,
        name: id.replaceAll(/[^A-Za-z0-9]+/g, "-"),
        authorizerType: "JWT",
        identitySources: ["$request.header.Authorization"],
        jwtConfiguration: { issuer: caller.issuer, audience: caller.audience },
      });
    return { authorizationType: "JWT", authorizerId: authorizer.id, authorizationScopes: caller.scopes };
  }
}
