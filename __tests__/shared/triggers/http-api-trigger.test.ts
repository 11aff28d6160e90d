import { Lazy } from "cdktf";
import * as fc from "fast-check";
import { hours, seconds } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { CORRELATION_HEADER, IDEMPOTENCY_HEADER } from "../../../shared/runtime/http";
import { listFindings } from "../../../shared/stack/findings";
import { type Cors, corsConfiguration } from "../../../shared/triggers/cors";
import { type Caller, HttpApiTrigger, type HttpApiTriggerProps, type HttpApiWiring } from "../../../shared/triggers/http-api-trigger";
import { domainClass, findingsOf, project, referred, resource, resources, stackProps, synthDomain, testApp } from "../../harness/synth";

/** An API whose routes lead to one lambda. */
function api(...wirings: HttpApiWiring[]) {
  return synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work");
    const trigger = new HttpApiTrigger(stack, "api");
    for (const wiring of wirings) trigger.invokes(lambda, wiring);
  });
}

/** An API with options, and a route. */
const withOptions = (props: HttpApiTriggerProps, ...routes: string[]) =>
  synthDomain((stack) => {
    const trigger = new HttpApiTrigger(stack, "api", props);
    const lambda = new NodejsFunction(stack, "work");
    for (const route of ["GET /things", ...routes]) trigger.invokes(lambda, { route, caller: "iam" });
  });
const called = (caller: Caller) => api({ route: "POST /things", caller }).json;

describe("an API with one route", () => {
  const { json, findings, stack } = api({ route: "POST /things", caller: "iam", sample: { body: { thing: "one" } } });
  const stage = resource(json, "aws_apigatewayv2_stage");

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("invokes the lambda's alias, and only this API may", () => {
    const permission = resource(json, "aws_lambda_permission");
    expect(referred(json, resource(json, "aws_apigatewayv2_integration").integration_uri).name).toBe("current");
    expect(referred(json, permission.qualifier).name).toBe("current");
    expect(permission.principal).toBe("apigateway.amazonaws.com");
    expect(permission.source_arn).toMatch(/^\$\{aws_apigatewayv2_api\.api_[^}]*\.execution_arn\}\/\$\{[^}]*\.name\}\/\*\/\*$/);
  });

  test("lets no more requests through than it says", () => {
    expect(stage.default_route_settings).toEqual({ throttling_rate_limit: 100, throttling_burst_limit: 200 });
  });

  test("logs every request, with the reason of what failed, for as long as the environment keeps logs", () => {
    const group = referred(json, stage.access_log_settings.destination_arn);
    expect(group).toMatchObject({ name: "/aws/vendedlogs/apigateway/shop-sample-int-api", retention_in_days: 14 });
    expect(Object.values(JSON.parse(stage.access_log_settings.format))).toEqual(
      expect.arrayContaining(["$context.requestId", "$context.status", "$context.integrationErrorMessage"]),
    );
  });

  test("has an alarm on its own errors", () => {
    const alarm = resources(json, "aws_cloudwatch_metric_alarm").find(({ namespace }) => namespace === "AWS/ApiGateway");
    expect(alarm).toMatchObject({ namespace: "AWS/ApiGateway", metric_name: "5xx", threshold: 0, statistic: "Sum" });
    expect(referred(json, alarm.dimensions.ApiId)).toBe(resource(json, "aws_apigatewayv2_api"));
  });

  test("tells its lambda, its sample request and the output that holds its address", () => {
    expect(stack.describe().triggers).toEqual([
      {
        id: "api",
        kind: "http-api",
        lambdas: ["work"],
        deadLetterQueues: [],
        output: "api_http_api",
        sample: { method: "POST", path: "/things", body: { thing: "one" } },
      },
    ]);
    expect(json.output.api_http_api.value).toMatch(/\.api_endpoint\}$/);
  });
});

describe("who may call a route", () => {
  test("is whoever signs with AWS credentials, if it says iam", () => {
    expect(resource(called("iam"), "aws_apigatewayv2_route").authorization_type).toBe("AWS_IAM");
  });

  test("is anyone, only if it says so", () => {
    expect(resource(called("anyone"), "aws_apigatewayv2_route").authorization_type).toBe("NONE");
  });

  test("is whoever has a token of the issuer, for the audience, with the scopes", () => {
    const json = called({ issuer: "https://issuer.example.com", audience: ["shop"], scopes: ["orders:write"] });
    const route = resource(json, "aws_apigatewayv2_route");
    expect(route).toMatchObject({ authorization_type: "JWT", authorization_scopes: ["orders:write"] });
    expect(referred(json, route.authorizer_id)).toMatchObject({
      authorizer_type: "JWT",
      identity_sources: ["$request.header.Authorization"],
      jwt_configuration: { issuer: "https://issuer.example.com", audience: ["shop"] },
    });
  });

  test("has no default: a route that does not say is a type error", () => {
    // @ts-expect-error caller is left out
    const wiring: HttpApiWiring = { route: "POST /things" };
    expect(wiring.caller).toBeUndefined();
  });

  test("is decided for each route by itself", () => {
    const { json } = api({ route: "POST /things", caller: "iam" }, { route: "GET /things", caller: "anyone" });
    const types = resources(json, "aws_apigatewayv2_route").map((route) => `${route.route_key} ${route.authorization_type}`);
    expect(types.sort()).toEqual(["GET /things NONE", "POST /things AWS_IAM"]);
  });

  test("may be a token on two routes with the same issuer", () => {
    const caller = { issuer: "https://issuer.example.com", audience: ["shop"] };
    const { json, findings } = api({ route: "POST /things", caller }, { route: "GET /things", caller });
    expect(findings).toEqual([]);
    const names = resources(json, "aws_apigatewayv2_authorizer").map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

test("two routes to one lambda share its integration and its permission", () => {
  const { json, findings } = api({ route: "POST /things", caller: "iam" }, { route: "GET /things/{id}", caller: "iam" });
  expect(findings).toEqual([]);
  const [first, second] = resources(json, "aws_apigatewayv2_route");
  expect(first.target).toBe(second.target);
  expect(resource(json, "aws_lambda_permission")).toBeDefined();
});

test.each(["/things", "POST things", "post /things", "POST", "POST /two words", "TRACE /things", "FETCH /things"])(
  "%p is no route, and refused with an example",
  (route) => {
    expect(api({ route, caller: "iam" }).findings).toContainEqual(
      expect.stringContaining(`sample-int/api: the route is "${route}"; write a method and a path, such as "POST /orders"`),
    );
  },
);

test("one route twice is refused", () => {
  const wiring: HttpApiWiring = { route: "POST /things", caller: "iam" };
  expect(api(wiring, wiring).findings).toEqual([expect.stringContaining('the route "POST /things" is there twice')]);
});

test.each([29, 30])("a lambda that may run for %d s is refused if API Gateway gives up before it", (timeout) => {
  const { findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work", { timeout: seconds(timeout) });
    new HttpApiTrigger(stack, "api").invokes(lambda, { route: "POST /things", caller: "iam" });
  });
  expect(findings).toEqual(timeout > 29 ? [expect.stringContaining("work may run for 30 s, but API Gateway gives up after 30 s")] : []);
});

test("the requests let through are what is set", () => {
  const { json } = synthDomain((stack) => void new HttpApiTrigger(stack, "api", { throttling: { rateLimit: 5, burstLimit: 7 } }));
  expect(resource(json, "aws_apigatewayv2_stage").default_route_settings).toEqual({ throttling_rate_limit: 5, throttling_burst_limit: 7 });
});

describe("web pages of other origins", () => {
  const cors = (more: Partial<Cors> & { allowOrigins?: string[] } = {}, ...routes: string[]) =>
    withOptions({ cors: { allowOrigins: ["https://shop.example.com"], ...more } as Cors }, ...routes);
  const configuration = (...given: Parameters<typeof cors>) => resource(cors(...given).json, "aws_apigatewayv2_api").cors_configuration;

  test("may call nothing, unless the author says so", () => {
    expect(resource(withOptions({}).json, "aws_apigatewayv2_api").cors_configuration).toBeUndefined();
  });

  test("that are named may send what handlers read, without credentials, and browsers remember it for an hour", () => {
    expect(cors().findings).toEqual([]);
    expect(configuration()).toEqual({
      allow_origins: ["https://shop.example.com"],
      allow_credentials: false,
      allow_headers: expect.arrayContaining(["content-type", IDEMPOTENCY_HEADER, CORRELATION_HEADER]),
      allow_methods: ["GET"],
      expose_headers: [CORRELATION_HEADER],
      max_age: 3600,
    });
  });

  test("may use the methods of the routes, and no others", () => {
    expect(configuration({}, "POST /things", "GET /things/{id}").allow_methods).toEqual(["GET", "POST"]);
    expect(configuration({}, "ANY /things/{id}").allow_methods).toHaveLength(7);
  });

  test.each(["*", "https://*", "http://localhost:3000", "https://shop.example.com:8443", Lazy.stringValue({ produce: () => "later" })])(
    "%p is an origin",
    (origin) => {
      expect(cors({ allowOrigins: [origin] }).findings).toEqual([]);
    },
  );

  test.each([
    "",
    "shop.example.com",
    "https://shop.example.com/",
    "https://shop.example.com/basket",
    "https://Shop.example.com",
    "https://shop.example.com:443",
    "https://*.example.com",
    "https://shop.example.com?a=b",
    "https://me@shop.example.com",
    "ftp://shop.example.com",
    "null",
  ])("%p is none, and is refused with an example", (origin) => {
    expect(cors({ allowOrigins: ["https://other.example.com", origin] }).findings).toEqual([
      expect.stringContaining(`sample-int/api: cors allows the origin "${origin}"; write scheme and host and no more`),
    ]);
  });

  test("with a host and any path but none are no origins, and those without are", () => {
    const host = fc.domain();
    const path = fc.webPath().filter((one) => one !== "");
    fc.assert(
      fc.property(host, path, (name, more) => {
        expect(findingsOf((app) => corsConfiguration(app, { allowOrigins: [`https://${name}`] }))).toEqual([]);
        expect(findingsOf((app) => corsConfiguration(app, { allowOrigins: [`https://${name}${more}`] }))).toHaveLength(1);
      }),
    );
  });

  test.each<Partial<Cors>>([{ allowOrigins: ["*"] }, { allowOrigins: ["https://shop.example.com", "https://*"] }, { allowHeaders: ["*"] }])(
    "may not have credentials with %j",
    (more) => {
      expect(cors({ ...more, allowCredentials: true }).findings).toEqual([expect.stringContaining('cors allows credentials and "*"')]);
      expect(cors(more).findings).toEqual([]);
    },
  );

  test("may have credentials if they are named", () => {
    expect(cors({ allowCredentials: true }).findings).toEqual([]);
    expect(configuration({ allowCredentials: true }).allow_credentials).toBe(true);
  });

  test.each([-2, 86_401, 1.5])("may not remember it for %d s", (maxAge) => {
    expect(cors({ maxAge: seconds(maxAge) }).findings).toEqual([
      expect.stringContaining(`cors.maxAge is ${maxAge} s; AWS takes whole numbers from -1 to 86400 s`),
    ]);
  });

  test("may remember it for a day, or not at all", () => {
    for (const maxAge of [hours(24), seconds(0), seconds(-1)]) expect(cors({ maxAge }).findings).toEqual([]);
  });
});

describe("an API with a domain name of its own", () => {
  const domain = {
    domainName: "api.example.com",
    certificateArn: "arn:aws:acm:eu-west-1:111111111111:certificate/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
  };
  const { json, findings } = withOptions({ domain });
  const made = resource(json, "aws_apigatewayv2_domain_name");

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("answers by TLS 1.2 and later, with its certificate", () => {
    expect(made).toEqual({
      domain_name: "api.example.com",
      domain_name_configuration: { certificate_arn: domain.certificateArn, endpoint_type: "REGIONAL", security_policy: "TLS_1_2" },
    });
  });

  test("leads to its stage", () => {
    const mapping = resource(json, "aws_apigatewayv2_api_mapping");
    expect(referred(json, mapping.domain_name)).toBe(made);
    expect(referred(json, mapping.api_id)).toBe(resource(json, "aws_apigatewayv2_api"));
    expect(referred(json, mapping.stage)).toBe(resource(json, "aws_apigatewayv2_stage"));
  });

  test("answers by that name only", () => {
    expect(resource(json, "aws_apigatewayv2_api").disable_execute_api_endpoint).toBe(true);
    expect(resource(withOptions({}).json, "aws_apigatewayv2_api").disable_execute_api_endpoint).toBeUndefined();
  });

  test("tells its address, where its DNS record must lead, and where the local AWS answers", () => {
    expect(json.output.api_http_api.value).toBe("https://api.example.com");
    expect(json.output.api_http_api_dns_target.value).toMatch(/^\$\{aws_apigatewayv2_domain_name\..*target_domain_name\}$/);
    expect(json.output.api_http_api_endpoint.value).toMatch(/api_endpoint\}$/);
    expect(Object.keys(withOptions({}).json.output)).toEqual(["api_http_api"]);
  });

  test.each<[Partial<typeof domain>, string]>([
    [{ domainName: "https://api.example.com" }, 'the domain is "https://api.example.com"; write a host\'s name, such as "api.example.com"'],
    [{ domainName: "api.example.com/v1" }, 'the domain is "api.example.com/v1"'],
    [{ domainName: "API.example.com" }, 'the domain is "API.example.com"'],
    [{ domainName: "*.example.com" }, 'the domain is "*.example.com"'],
    [
      { certificateArn: domain.certificateArn.replace("eu-west-1", "us-east-1") },
      "API Gateway takes one of its own account and region: arn:aws:acm:eu-west-1:111111111111:certificate/",
    ],
    [{ certificateArn: domain.certificateArn.replace("111111111111", "222222222222") }, "of its own account and region"],
    [{ certificateArn: "arn:aws:iam::111111111111:server-certificate/api" }, "of its own account and region"],
  ])("%j is refused", (wrong, message) => {
    expect(withOptions({ domain: { ...domain, ...wrong } }).findings).toEqual([expect.stringContaining(message)]);
  });

  test("that only Terraform knows passes", () => {
    const later = (value: string) => Lazy.stringValue({ produce: () => value });
    expect(withOptions({ domain: { domainName: later("api"), certificateArn: later("arn") } }).findings).toEqual([]);
  });

  test("that another environment has too is refused, for the world has it once", () => {
    const app = testApp();
    const Domain = domainClass((stack) => {
      const { certificateArn } = domain;
      const ofEnvironment = certificateArn.replace("111111111111", stack.environment.account);
      const trigger = new HttpApiTrigger(stack, "api", { domain: { ...domain, certificateArn: ofEnvironment } });
      trigger.invokes(new NodejsFunction(stack, "work"), { route: "GET /things", caller: "iam" });
    });
    for (const environment of project.environments) new Domain(app, "sample", { ...stackProps(), environment });
    expect(listFindings(app)).toEqual([
      expect.stringContaining('the host name "api.example.com" is already used by sample-int/api. Rename one of the two.'),
    ]);
  });
});

test.each<[string, Caller, string]>([
  [
    "an issuer that is no address",
    { issuer: "issuer.example.com", audience: ["shop"] },
    'the issuer is "issuer.example.com"; it is an address',
  ],
  ["no audience", { issuer: "https://issuer.example.com", audience: [] }, "are for nobody; name an audience"],
])("tokens with %s are refused", (_, caller, message) => {
  expect(api({ route: "POST /things", caller }).findings).toEqual([expect.stringContaining(message)]);
});

test("an issuer that another domain publishes is taken", () => {
  const issuer = Lazy.stringValue({ produce: () => "https://issuer.example.com" });
  expect(api({ route: "POST /things", caller: { issuer, audience: ["shop"] } }).findings).toEqual([]);
});

test.each([
  [{ rateLimit: 0, burstLimit: 200 }, "throttling.rateLimit is 0; AWS takes whole numbers from 1 to 10000"],
  [{ rateLimit: 100, burstLimit: 0.5 }, "throttling.burstLimit is 0.5; AWS takes whole numbers from 1 to 5000"],
])("%j is no throttling", (throttling, message) => {
  expect(withOptions({ throttling }).findings).toEqual([expect.stringContaining(message)]);
});
