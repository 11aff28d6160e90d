import { each, type Rule, type SynthesizedStack } from "./conventions";
import type { Json } from "./synth";

interface Statement {
  /** Resource or policy document that holds it. */
  place: string;
  allows: boolean;
  actions: string[];
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
        actions: list(one.actions),
        resources: list(one.resources),
        principals: list(one.principals).flatMap(({ identifiers }: Json) => identifiers),
        json: one,
      })),
  );
  const written = Object.entries<Json>(json.resource ?? {}).flatMap(([type, byId]) =>
    Object.entries<Json>(byId).flatMap(([id, { policy }]) =>
      typeof policy !== "string" || !policy.startsWith("{")
        ? []
        : JSON.parse(policy).Statement.map((one: Json) => ({
            place: `${type}.${id}`,
            allows: one.Effect === "Allow",
            actions: list(one.Action),
            resources: list(one.Resource),
            principals: typeof one.Principal === "object" ? Object.values<Json>(one.Principal).flat() : list(one.Principal),
            json: one,
          })),
    ),
  );
  return [...documents, ...written];
}

const told = ({ place, actions }: Statement) => `${place}: ${actions.join(", ")}`;

/** Of these AWS has no resource to name. */
const WITHOUT_RESOURCES = /^(xray:Put\w+|ec2:(Assign|Unassign)PrivateIpAddresses|ec2:\w+NetworkInterfaces?|ec2:DescribeSubnets)$/;

/** In a key's policy the resource `*` is that key. */
const isKeyPolicy = (json: Json, place: string) =>
  each(json, "aws_kms_key").some(([, { policy }]) => String(policy).includes(`\${data.${place}.`));

/** `*`, or everything of a service. */
const isEverything = (arn: string) => /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$/.test(arn);

export const namedActions: Rule = ({ json }) =>
  statementsOf(json)
    .filter(({ allows, actions, place }) => allows && actions.some((action) => action.includes("*")) && !isKeyPolicy(json, place))
    .map(told);

export const namedResources: Rule = ({ json }) =>
  statementsOf(json)
    .filter(({ allows, actions, resources, place }) => {
      const free = isKeyPolicy(json, place) || actions.every((action) => WITHOUT_RESOURCES.test(action));
      return allows && resources.some(isEverything) && !free;
    })
    .map(told);

/** Nobody outside the account is let in, and a service only for what is this account's. */
export const noPublicAccess: Rule = ({ json }) => [
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
