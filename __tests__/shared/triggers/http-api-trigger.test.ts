import { Lazy } from "cdktf";
import * as fc from "fast-check";
import { hours, seconds } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { CORRELATION_HEADER, IDEMPOTENCY_HEADER } from "../../../shared/runtime/http";
import { listFindings } from "../../../shared/stack/findings";
import { type Cors, corsConfiguration } from "../../../shared/triggers/cors";
import { type Caller, HttpApiTrigger, type HttpApiTriggerProps, type HttpApiWiring } from "../../../shared/triggers/http-api-trigger";
import { domainClass, findingsOf, project, referred, resource, resources, stackProps, synthDomain, testApp } from "../../harness/synth";

/** An API whose routes all invoke one lambda. */
function api(...wirings: HttpApiWiring[]) {
  return synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work");
    const trigger = new HttpApiTrigger(stack, "api");
    for (const wiring of wirings) trigger.invokes(lambda, wiring);
  });
}

/** An API with options, the route `GET /things` and more routes. */
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

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("invokes the lambda's alias, and is the only API that can", () => {
    const permission = resource(json, "aws_lambda_permission");
    expect(referred(json, resource(json, "aws_apigatewayv2_integration").integration_uri).name).toBe("current");
    expect(referred(json, permission.qualifier).name).toBe("current");
    expect(permission.principal).toBe("apigateway.amazonaws.com");
    expect(permission.source_arn).toMatch(/^\$\{aws_apigatewayv2_api\.api_[^}]*\.execution_arn\}\/\$\{[^}]*\.name\}\/\*\/\*$/);
  });

  test("limits requests to 100 per second and bursts of 200", () => {
    expect(stage.default_route_settings).toEqual({ throttling_rate_limit: 100, throttling_burst_limit: 200 });
  });

  test("logs every request with the reason for an error, and keeps the log as long as the environment keeps logs", () => {
    const group = referred(json, stage.access_log_settings.destination_arn);
    expect(group).toMatchObject({ name: "/aws/vendedlogs/apigateway/shop-sample-int-api", retention_in_days: 14 });
    expect(Object.values(JSON.parse(stage.access_log_settings.format))).toEqual(
      expect.arrayContaining(["$context.requestId", "$context.status", "$context.integrationErrorMessage"]),
    );
  });

  test("has an alarm on 5xx responses", () => {
    const alarm = resources(json, "aws_cloudwatch_metric_alarm").find(({ namespace }) => namespace === "AWS/ApiGateway");
    expect(alarm).toMatchObject({ namespace: "AWS/ApiGateway", metric_name: "5xx", threshold: 0, statistic: "Sum" });
    expect(referred(json, alarm.dimensions.ApiId)).toBe(resource(json, "aws_apigatewayv2_api"));
    expect(alarm.alarm_description).toContain("aws logs tail /aws/vendedlogs/apigateway/shop-sample-int-api --since 6h --region eu-west-1");
    expect(alarm.alarm_description).toContain("aws logs tail /aws/lambda/shop-sample-int-work --since 6h --region eu-west-1");
  });

  test("describes its lambda, its sample request and the output with its URL", () => {
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

describe("the caller of a route", () => {
  test("needs AWS credentials if the route says iam", () => {
    expect(resource(called("iam"), "aws_apigatewayv2_route").authorization_type).toBe("AWS_IAM");
  });

  test("needs no authorization if the route says anyone", () => {
    expect(resource(called("anyone"), "aws_apigatewayv2_route").authorization_type).toBe("NONE");
  });

  test("needs a token of the issuer for the audience, with one of the scopes, if the route names an issuer", () => {
    const json = called({ issuer: "https://issuer.example.com", audience: ["shop"], scopes: ["orders:write"] });
    const route = resource(json, "aws_apigatewayv2_route");
    expect(route).toMatchObject({ authorization_type: "JWT", authorization_scopes: ["orders:write"] });
    expect(referred(json, route.authorizer_id)).toMatchObject({
      authorizer_type: "JWT",
      identity_sources: ["$request.header.Authorization"],
      jwt_configuration: { issuer: "https://issuer.example.com", audience: ["shop"] },
    });
  });

  test("has no default: a route without a caller is a type error", () => {
    // @ts-expect-error caller is left out
    const wiring: HttpApiWiring = { route: "POST /things" };
    expect(wiring.caller).toBeUndefined();
  });

  test("can be different for each route", () => {
    const { json } = api({ route: "POST /things", caller: "iam" }, { route: "GET /things", caller: "anyone" });
    const types = resources(json, "aws_apigatewayv2_route").map((route) => `${route.route_key} ${route.authorization_type}`);
    expect(types.sort()).toEqual(["GET /things NONE", "POST /things AWS_IAM"]);
  });

  test("can have the same issuer on two routes, which then share an authorizer", () => {
    const caller = { issuer: "https://issuer.example.com", audience: ["shop"] };
    const { json, findings } = api({ route: "POST /things", caller }, { route: "GET /things", caller });
    expect(findings).toEqual([]);
    const names = resources(json, "aws_apigatewayv2_authorizer").map(({ name }) => name);
    expect(names).toEqual(["authorizer-1"]);
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
  "the route %p is refused with an example",
  (route) => {
    expect(api({ route, caller: "iam" }).findings).toContainEqual(
      expect.stringContaining(`sample-int/api: the route is "${route}", but a route is a method and a path. Write it as "POST /orders".`),
    );
  },
);

test("the same route twice is refused", () => {
  const wiring: HttpApiWiring = { route: "POST /things", caller: "iam" };
  expect(api(wiring, wiring).findings).toEqual([
    expect.stringContaining('has the route "POST /things" twice, but a route invokes one lambda. Remove one of the two.'),
  ]);
});

test.each([29, 30])("a lambda with a timeout of %d s is refused only if the timeout is over 29 s", (timeout) => {
  const { findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work", { timeout: seconds(timeout) });
    new HttpApiTrigger(stack, "api").invokes(lambda, { route: "POST /things", caller: "iam" });
  });
  expect(findings).toEqual(
    timeout > 29
      ? [
          expect.stringContaining(
            "work can run for 30 s, but API Gateway ends a request after 30 s. Set the lambda's timeout to at most 29 s.",
          ),
        ]
      : [],
  );
});

test("the option throttling sets both limits", () => {
  const { json } = synthDomain((stack) => void new HttpApiTrigger(stack, "api", { throttling: { rateLimit: 5, burstLimit: 7 } }));
  expect(resource(json, "aws_apigatewayv2_stage").default_route_settings).toEqual({ throttling_rate_limit: 5, throttling_burst_limit: 7 });
});

describe("web pages of other origins", () => {
  const cors = (more: Partial<Cors> & { allowOrigins?: string[] } = {}, ...routes: string[]) =>
    withOptions({ cors: { allowOrigins: ["https://shop.example.com"], ...more } as Cors }, ...routes);
  const configuration = (...given: Parameters<typeof cors>) => resource(cors(...given).json, "aws_apigatewayv2_api").cors_configuration;

  test("can call nothing by default", () => {
    expect(resource(withOptions({}).json, "aws_apigatewayv2_api").cors_configuration).toBeUndefined();
  });

  test("of allowed origins can send the headers that handlers read, without credentials, and browsers cache this for 1 hour", () => {
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

  test("can use only the methods of the routes", () => {
    expect(configuration({}, "POST /things", "GET /things/{id}").allow_methods).toEqual(["GET", "POST"]);
    expect(configuration({}, "ANY /things/{id}").allow_methods).toHaveLength(7);
  });

  test.each(["*", "https://*", "http://localhost:3000", "https://shop.example.com:8443", Lazy.stringValue({ produce: () => "later" })])(
    "can be allowed by the origin %p",
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
  ])("cannot be allowed by %p, which is refused with an example", (origin) => {
    expect(cors({ allowOrigins: ["https://other.example.com", origin] }).findings).toEqual([
      expect.stringContaining(
        `sample-int/api: cors allows the origin "${origin}", but browsers send an origin as scheme and host only. Write it as "https://shop.example.com".`,
      ),
    ]);
  });

  test("can be allowed by https and any host, but not with a path", () => {
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
    "cannot have credentials with %j",
    (more) => {
      expect(cors({ ...more, allowCredentials: true }).findings).toEqual([expect.stringContaining('cors allows credentials and "*"')]);
      expect(cors(more).findings).toEqual([]);
    },
  );

  test("can have credentials if their origins are named", () => {
    expect(cors({ allowCredentials: true }).findings).toEqual([]);
    expect(configuration({ allowCredentials: true }).allow_credentials).toBe(true);
  });

  test.each([-2, 86_401, 1.5])("cannot cache this for %d s", (maxAge) => {
    expect(cors({ maxAge: seconds(maxAge) }).findings).toEqual([
      expect.stringContaining(`cors.maxAge is ${maxAge} s, and AWS accepts whole numbers from -1 to 86400 s`),
    ]);
  });

  test("can cache this for up to a day, or not at all", () => {
    for (const maxAge of [hours(24), seconds(0), seconds(-1)]) expect(cors({ maxAge }).findings).toEqual([]);
  });
});

describe("an API with a domain name", () => {
  const domain = {
    domainName: "api.example.com",
    certificateArn: "arn:aws:acm:eu-west-1:111111111111:certificate/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
  };
  const { json, findings } = withOptions({ domain });
  const made = resource(json, "aws_apigatewayv2_domain_name");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("accepts TLS 1.2 and later, with the certificate", () => {
    expect(made).toEqual({
      domain_name: "api.example.com",
      domain_name_configuration: { certificate_arn: domain.certificateArn, endpoint_type: "REGIONAL", security_policy: "TLS_1_2" },
    });
  });

  test("maps the domain name to its stage", () => {
    const mapping = resource(json, "aws_apigatewayv2_api_mapping");
    expect(referred(json, mapping.domain_name)).toBe(made);
    expect(referred(json, mapping.api_id)).toBe(resource(json, "aws_apigatewayv2_api"));
    expect(referred(json, mapping.stage)).toBe(resource(json, "aws_apigatewayv2_stage"));
  });

  test("answers under that name only", () => {
    expect(resource(json, "aws_apigatewayv2_api").disable_execute_api_endpoint).toBe(true);
    expect(resource(withOptions({}).json, "aws_apigatewayv2_api").disable_execute_api_endpoint).toBeUndefined();
  });

  test("has outputs with its URL, the target of the DNS record and the endpoint for the local AWS", () => {
    expect(json.output.api_http_api.value).toBe("https://api.example.com");
    expect(json.output.api_http_api_dns_target.value).toMatch(/^\$\{aws_apigatewayv2_domain_name\..*target_domain_name\}$/);
    expect(json.output.api_http_api_endpoint.value).toMatch(/api_endpoint\}$/);
    expect(Object.keys(withOptions({}).json.output)).toEqual(["api_http_api"]);
  });

  test.each<[Partial<typeof domain>, string]>([
    [
      { domainName: "https://api.example.com" },
      'the domain is "https://api.example.com", which is not the name of a host. Write it as "api.example.com".',
    ],
    [{ domainName: "api.example.com/v1" }, 'the domain is "api.example.com/v1"'],
    [{ domainName: "API.example.com" }, 'the domain is "API.example.com"'],
    [{ domainName: "*.example.com" }, 'the domain is "*.example.com"'],
    [
      { certificateArn: domain.certificateArn.replace("eu-west-1", "us-east-1") },
      "API Gateway accepts only ACM certificates of its own account and region. Use one that starts with arn:aws:acm:eu-west-1:111111111111:certificate/",
    ],
    [{ certificateArn: domain.certificateArn.replace("111111111111", "222222222222") }, "of its own account and region"],
    [{ certificateArn: "arn:aws:iam::111111111111:server-certificate/api" }, "of its own account and region"],
  ])("%j is refused", (wrong, message) => {
    expect(withOptions({ domain: { ...domain, ...wrong } }).findings).toEqual([expect.stringContaining(message)]);
  });

  test("accepts values that only Terraform knows", () => {
    const later = (value: string) => Lazy.stringValue({ produce: () => value });
    expect(withOptions({ domain: { domainName: later("api"), certificateArn: later("arn") } }).findings).toEqual([]);
  });

  test("is refused if another environment has the same domain name, because domain names are unique in the world", () => {
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
    "an issuer that is not a URL",
    { issuer: "issuer.example.com", audience: ["shop"] },
    'the issuer is "issuer.example.com", but an issuer is a URL. Write it as "https://…".',
  ],
  [
    "no audience",
    { issuer: "https://issuer.example.com", audience: [] },
    "has no audience, so no token would be accepted. Name an audience.",
  ],
])("a caller with %s is refused", (_, caller, message) => {
  expect(api({ route: "POST /things", caller }).findings).toEqual([expect.stringContaining(message)]);
});

test("an issuer from the contract of another domain is accepted", () => {
  const issuer = Lazy.stringValue({ produce: () => "https://issuer.example.com" });
  expect(api({ route: "POST /things", caller: { issuer, audience: ["shop"] } }).findings).toEqual([]);
});

test.each([
  [{ rateLimit: 0, burstLimit: 200 }, "throttling.rateLimit is 0, and AWS accepts whole numbers from 1 to 10000"],
  [{ rateLimit: 100, burstLimit: 0.5 }, "throttling.burstLimit is 0.5, and AWS accepts whole numbers from 1 to 5000"],
])("the throttling %j is refused", (throttling, message) => {
  expect(withOptions({ throttling }).findings).toEqual([expect.stringContaining(message)]);
});
