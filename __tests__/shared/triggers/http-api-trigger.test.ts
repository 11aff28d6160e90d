import { seconds } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { type Caller, HttpApiTrigger, type HttpApiWiring } from "../../../shared/triggers/http-api-trigger";
import { referred, resource, resources, synthDomain } from "../../support/synth";

/** An API whose routes lead to one lambda. */
function api(...wirings: HttpApiWiring[]) {
  return synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work");
    const trigger = new HttpApiTrigger(stack, "api");
    for (const wiring of wirings) trigger.invokes(lambda, wiring);
  });
}
const called = (caller: Caller) => api({ route: "POST /things", caller }).json;

describe("an API with one route", () => {
  const { json, findings, stack } = api({ route: "POST /things", caller: "iam", sample: { body: { thing: "one" } } });
  const stage = resource(json, "aws_apigatewayv2_stage");

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("invokes the lambda's alias, and only this API may", () => {
    const permission = resource(json, "aws_lambda_permission");
    expect(referred(json, resource(json, "aws_apigatewayv2_integration").integration_uri).name).toBe("live");
    expect(referred(json, permission.qualifier).name).toBe("live");
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
    const alarm = resource(json, "aws_cloudwatch_metric_alarm");
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

test.each(["/things", "POST things", "post /things", "POST", "POST /two words"])("%p is no route, and refused with an example", (route) => {
  expect(api({ route, caller: "iam" }).findings).toContainEqual(
    expect.stringContaining(`sample-int/api: the route is "${route}"; write a method and a path, such as "POST /orders"`),
  );
});

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
