import type { Json } from "../__tests__/harness/synth";
import { each, type Rule, type SynthesizedStack } from "./convention";

interface Statement {
  /** Resource or policy document that holds it. */
  place: string;
  allows: boolean;
  /** `*` for all but some. */
  actions: string[];
  /** `*` for all but some. */
  resources: string[];
  principals: string[];
  json: Json;
}

const list = (value: Json): string[] => (value === undefined ? [] : [value].flat());

/** Every statement of the stack: of its policy documents, and of policies written as JSON. */
function statementsOf(json: Json): Statement[] {
  const documents = Object.entries<Json>(json.data?.aws_iam_policy_document ?? {}).flatMap(([id, { statement }]) =>
    [statement]
      .flat()
      .map((one: Json) => ({
        place: `aws_iam_policy_document.${id}`,
        allows: (one.effect ?? "Allow") === "Allow",
        actions: one.not_actions ? ["*"] : list(one.actions),
        resources: one.not_resources ? ["*"] : list(one.resources),
        principals: list(one.principals).flatMap(({ identifiers }: Json) => identifiers),
        json: one,
      })),
  );
  const written = Object.entries<Json>(json.resource ?? {}).flatMap(([type, byId]) =>
    Object.entries<Json>(byId).flatMap(([id, resource]) =>
      Object.values<Json>(resource)
        .filter((text) => typeof text === "string" && text.startsWith("{") && text.includes('"Statement"'))
        .flatMap((text) => list(JSON.parse(text).Statement))
        .map((one: Json) => ({
          place: `${type}.${id}`,
          allows: one.Effect === "Allow",
          actions: one.NotAction ? ["*"] : list(one.Action),
          resources: one.NotResource ? ["*"] : list(one.Resource),
          principals: one.NotPrincipal
            ? ["*"]
            : typeof one.Principal === "object"
              ? Object.values<Json>(one.Principal).flat()
              : list(one.Principal),
          json: one,
        })),
    ),
  );
  return [...documents, ...written];
}

const told = ({ place, actions }: Statement) => `${place}: ${actions.join(", ")}`;

/** What may be allowed on every resource, and why. */
const ON_EVERY_RESOURCE: [action: RegExp, because: string][] = [
  [/^xray:Put(TraceSegments|TelemetryRecords)$/, "a trace belongs to no resource"],
  [/^ec2:\w+NetworkInterfaces?$/, "Lambda itself makes them in the VPC, and asks with no ARN"],
  [/^ec2:(Assign|Unassign)PrivateIpAddresses$/, "as the network interfaces that they are for"],
  [/^ec2:DescribeSubnets$/, "EC2 describes all or nothing"],
];

/** In a key's policy the resource `*` is that key. */
const isKeyPolicy = (json: Json, place: string) =>
  each(json, "aws_kms_key").some(([, { policy }]) => String(policy).includes(`\${data.${place}.`));

/** `*`, or everything of a service. */
const isEverything = (arn: string) => /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$/.test(arn);

export const namedActions: Rule = ({ json }) => [
  ...statementsOf(json)
    .filter(({ allows, actions, place }) => allows && actions.some((action) => action.includes("*")) && !isKeyPolicy(json, place))
    .map(told),
  ...each(json, "aws_iam_role_policy_attachment")
    .filter(([, { policy_arn }]) => /:aws:policy\//.test(policy_arn))
    .map(([id, { policy_arn }]) => `aws_iam_role_policy_attachment.${id}: all of ${policy_arn}`),
];

export const namedResources: Rule = ({ json }) =>
  statementsOf(json)
    .filter(({ allows, actions, resources, place }) => {
      const free = isKeyPolicy(json, place) || actions.every((action) => ON_EVERY_RESOURCE.some(([known]) => known.test(action)));
      return allows && resources.some(isEverything) && !free;
    })
    .map(told);

const ANYWHERE = /"(0\.0\.0\.0\/0|::\/0)"/;
/** What lets the internet in, whatever policies say. */
const OPEN: [type: string, isOpen: (resource: Json) => unknown][] = [
  ["aws_security_group", ({ ingress }) => ANYWHERE.test(JSON.stringify(ingress ?? ""))],
  ["aws_default_security_group", ({ ingress, egress }) => ingress ?? egress],
  ["aws_security_group_rule", (rule) => rule.type === "ingress" && ANYWHERE.test(JSON.stringify(rule))],
  ["aws_vpc_security_group_ingress_rule", (rule) => ANYWHERE.test(JSON.stringify(rule))],
  ["aws_subnet", ({ map_public_ip_on_launch }) => map_public_ip_on_launch],
  ["aws_lambda_function_url", ({ authorization_type }) => authorization_type !== "AWS_IAM"],
  ["aws_s3_bucket_acl", ({ acl }) => acl !== "private"],
];

/** Nobody outside the account is let in, and a service only for what is this account's. Who may call a route is its author's to say. */
export const noPublicAccess: Rule = ({ json }) => [
  ...OPEN.flatMap(([type, isOpen]) =>
    each(json, type)
      .filter(([, resource]) => isOpen(resource))
      .map(([id]) => `${type}.${id}`),
  ),
  ...statementsOf(json)
    .filter(({ allows, principals }) => allows && principals.some((principal) => principal === "*" || principal === "arn:aws:iam::*:root"))
    .map(told),
  // A bucket's ARN names no account: one that is gone may be made again by somebody else.
  ...each(json, "aws_lambda_permission")
    .filter(
      ([, { principal, source_arn, source_account }]) =>
        principal === "*" || !source_arn || (principal === "s3.amazonaws.com" && !source_account),
    )
    .map(([id]) => `aws_lambda_permission.${id}`),
];

/** What must refuse plain requests, and the policy in which it does. */
function policyOf(type: string, id: string, resource: Json, json: Json): string[] {
  if (type === "aws_sqs_queue" && resource.policy) return [`${type}.${id}`];
  return each(json, `${type}_policy`)
    .filter(([, policy]) => JSON.stringify(policy).includes(`\${${type}.${id}.`))
    .flatMap(([policyId, { policy }]) => [`${type}_policy.${policyId}`, /data\.([^}]+)\.json/.exec(policy)?.[1] ?? ""]);
}

const refusesPlain = ({ allows, json }: Statement) => !allows && /SecureTransport.*false|false.*SecureTransport/.test(JSON.stringify(json));

export const tlsOnly: Rule = ({ json }: SynthesizedStack) => {
  const refusing = statementsOf(json).filter(refusesPlain);
  return ["aws_sqs_queue", "aws_sns_topic", "aws_s3_bucket"].flatMap((type) =>
    each(json, type)
      .filter(([id, resource]) => !refusing.some(({ place }) => policyOf(type, id, resource, json).includes(place)))
      .map(([id]) => `${type}.${id}`),
  );
};
