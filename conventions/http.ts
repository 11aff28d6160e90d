import { type Convention, firstResource, refersTo, resourcesFailing, resourcesOf } from "./convention";

const API = "aws_apigatewayv2_api";
const DOMAIN_NAME = "aws_apigatewayv2_domain_name";
const ROUTE = "aws_apigatewayv2_route";

/** Who can call an HTTP API, and how. */
export const httpConventions: Convention[] = [
  {
    id: "route-authorization",
    rule: "every HTTP route says who can call it: NONE, AWS_IAM, or JWT with an authorizer",
    check: ({ json }) =>
      resourcesFailing(json, ROUTE, ({ authorization_type, authorizer_id }) => {
        if (authorization_type === "JWT") return authorizer_id;
        return ["NONE", "AWS_IAM"].includes(authorization_type);
      }),
    counterExamples: [
      { title: "a route without an authorization type", change: ({ json }) => delete firstResource(json, ROUTE).authorization_type },
      {
        title: "a route that requires a token but has no authorizer",
        change: ({ json }) => Object.assign(firstResource(json, ROUTE), { authorization_type: "JWT" }),
      },
    ],
  },
  {
    id: "cors-credentials",
    rule: "an API whose CORS settings allow credentials names every origin and every header, without wildcards",
    check: ({ json }) =>
      resourcesFailing(json, API, ({ cors_configuration: cors }) => {
        const values: string[] = [...(cors?.allow_origins ?? []), ...(cors?.allow_headers ?? [])];
        return !cors?.allow_credentials || !values.some((value) => value.includes("*"));
      }),
    counterExamples: [
      {
        title: "credentials with every origin",
        change: ({ json }) => Object.assign(firstResource(json, API).cors_configuration, { allow_origins: ["*"] }),
      },
      {
        title: "credentials with every HTTPS origin",
        change: ({ json }) => firstResource(json, API).cors_configuration.allow_origins.push("https://*"),
      },
      {
        title: "credentials with every header",
        change: ({ json }) => Object.assign(firstResource(json, API).cors_configuration, { allow_headers: ["*"] }),
      },
    ],
  },
  {
    id: "api-tls",
    rule: "the custom domain name of an API requires TLS 1.2",
    check: ({ json }) =>
      resourcesFailing(json, DOMAIN_NAME, ({ domain_name_configuration }) => domain_name_configuration.security_policy === "TLS_1_2"),
    counterExamples: [
      {
        title: "a domain name that accepts TLS 1.0",
        change: ({ json }) => Object.assign(firstResource(json, DOMAIN_NAME).domain_name_configuration, { security_policy: "TLS_1_0" }),
      },
    ],
  },
  {
    id: "api-default-endpoint",
    rule: "an API with a custom domain name disables its default endpoint",
    check: ({ json }) =>
      resourcesFailing(json, API, ({ disable_execute_api_endpoint }, api) => {
        const hasDomainName = resourcesOf(json, "aws_apigatewayv2_api_mapping").some(({ attributes }) => refersTo(attributes.api_id, api));
        return !hasDomainName || disable_execute_api_endpoint === true;
      }),
    counterExamples: [
      {
        title: "an API that answers at its default endpoint too",
        change: ({ json }) => delete firstResource(json, API).disable_execute_api_endpoint,
      },
    ],
  },
];
