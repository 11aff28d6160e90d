import { type Convention, firstDataSource, firstResource, type Json, resourcesFailing } from "./convention";
import { allowedActions, DOCUMENT, statementsOf, turnDenyIntoAllow } from "./policy-statements";

const PERMISSION = "aws_lambda_permission";
const QUEUE = "aws_sqs_queue";
const SECURITY_GROUP = "aws_security_group";

/** Nothing is open to everyone. */
export const publicAccessConventions: Convention[] = [
  {
    id: "no-public-access",
    // Who can call an HTTP route is a decision of the domain: see the convention route-authorization.
    rule: "nothing is open to everyone: no policy, permission, security group, subnet, function URL or bucket",
    check: ({ json }) => [
      ...PUBLIC_RESOURCES.flatMap(({ type, isPublic }) => resourcesFailing(json, type, (attributes) => !isPublic(attributes))),
      ...statementsOf(json)
        .filter(({ allows, principals }) => allows && principals.some(isEveryone))
        .map(allowedActions),
    ],
    counterExamples: [
      {
        title: "a topic to which everyone can publish",
        specimen: "shared",
        change: ({ json }) => delete firstDataSource(json, DOCUMENT, /topic-policy/).statement[1].effect,
      },
      { title: "a permission for everyone", change: ({ json }) => Object.assign(firstResource(json, PERMISSION), { principal: "*" }) },
      { title: "a queue whose policy allows access for everyone", change: ({ json }) => turnDenyIntoAllow(firstResource(json, QUEUE)) },
      {
        title: "a role that everyone except one principal can assume",
        change: ({ json }) =>
          Object.assign(firstResource(json, "aws_iam_role"), {
            assume_role_policy: '{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"a"}}]}',
          }),
      },
      {
        title: "a function URL that everyone can call",
        change: ({ json }) => {
          json.resource.aws_lambda_function_url = { one: { authorization_type: "NONE" } };
        },
      },
      {
        title: "a bucket that everyone can read",
        change: ({ json }) => {
          json.resource.aws_s3_bucket_acl = { one: { acl: "public-read" } };
        },
      },
      {
        title: "a port that is open to the internet",
        specimen: "shared",
        change: ({ json }) => Object.assign(firstResource(json, SECURITY_GROUP), { ingress: [{ cidr_blocks: ["0.0.0.0/0"] }] }),
      },
      {
        title: "a subnet with public addresses",
        specimen: "shared",
        change: ({ json }) => Object.assign(firstResource(json, "aws_subnet"), { map_public_ip_on_launch: true }),
      },
      {
        title: "a default security group that allows traffic",
        specimen: "shared",
        change: ({ json }) => Object.assign(firstResource(json, "aws_default_security_group"), { egress: [{}] }),
      },
    ],
  },
  {
    id: "permission-source",
    rule: "every permission lets a service invoke a lambda only on behalf of one resource in the stack's own account",
    check: ({ json }) =>
      resourcesFailing(json, PERMISSION, ({ principal, source_arn, source_account }) => {
        // The ARN of a bucket has no account: when the bucket is deleted, another account can create one with its name.
        const isAccountKnown = principal !== "s3.amazonaws.com" || source_account;
        return source_arn && isAccountKnown;
      }),
    counterExamples: [
      {
        title: "a permission for a bucket in any account",
        change: ({ json }) => delete firstResource(json, PERMISSION, /papers/).source_account,
      },
      { title: "a permission for any API", change: ({ json }) => delete firstResource(json, PERMISSION).source_arn },
    ],
  },
];

const EVERY_ADDRESS = /"(0\.0\.0\.0\/0|::\/0)"/;

/** The resources that can be open to everyone without a policy. */
const PUBLIC_RESOURCES: { type: string; isPublic: (attributes: Json) => unknown }[] = [
  { type: "aws_default_security_group", isPublic: ({ ingress, egress }) => ingress ?? egress },
  { type: "aws_lambda_function_url", isPublic: ({ authorization_type }) => authorization_type !== "AWS_IAM" },
  { type: PERMISSION, isPublic: ({ principal }) => principal === "*" },
  { type: "aws_s3_bucket_acl", isPublic: ({ acl }) => acl !== "private" },
  { type: SECURITY_GROUP, isPublic: ({ ingress }) => EVERY_ADDRESS.test(JSON.stringify(ingress ?? "")) },
  { type: "aws_security_group_rule", isPublic: (rule) => rule.type === "ingress" && EVERY_ADDRESS.test(JSON.stringify(rule)) },
  { type: "aws_subnet", isPublic: ({ map_public_ip_on_launch }) => map_public_ip_on_launch },
  { type: "aws_vpc_security_group_ingress_rule", isPublic: (rule) => EVERY_ADDRESS.test(JSON.stringify(rule)) },
];

function isEveryone(principal: string): boolean {
  return principal === "*" || principal === "arn:aws:iam::*:root";
}
