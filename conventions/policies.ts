import { EVERY_RESOURCE } from "../shared/foundation/roles/every-resource";
import {
  type Convention,
  firstDataSource,
  firstResource,
  type Json,
  refersTo,
  resourcesFailing,
  resourcesOf,
  type TerraformBlock,
} from "./convention";
import { allowedActions, DOCUMENT, type Statement, statementsOf, turnDenyIntoAllow } from "./policy-statements";

const ATTACHMENT = "aws_iam_role_policy_attachment";
const BUCKET = "aws_s3_bucket";
const KEY = "aws_kms_key";
const QUEUE = "aws_sqs_queue";
const TOPIC = "aws_sns_topic";

/** Policies allow no more than is needed, and deny requests without TLS. */
export const policyConventions: Convention[] = [
  {
    id: "named-actions",
    rule: "every policy names each action that it allows, without wildcards",
    check: ({ json }) => [
      ...statementsOf(json)
        .filter(({ allows, actions, block }) => allows && actions.some((action) => action.includes("*")) && !isKeyPolicy(json, block))
        .map(allowedActions),
      ...resourcesOf(json, ATTACHMENT)
        .filter(({ attributes }) => attributes.policy_arn.includes(":aws:policy/"))
        .map(({ address, attributes }) => ({ resource: address, problem: `allows every action of ${attributes.policy_arn}` })),
    ],
    counterExamples: [
      {
        title: "a policy document that allows every action",
        change: ({ json }) => firstDataSource(json, DOCUMENT, /policy-document/).statement.push({ actions: ["*"], resources: ["arn:a"] }),
      },
      {
        title: "a permissions boundary that allows every action of a service",
        specimen: "shared",
        change: ({ json }) => firstDataSource(json, DOCUMENT, /boundary/).statement[0].actions.push("dynamodb:*"),
      },
      { title: "a queue's policy in JSON that allows every action", change: ({ json }) => turnDenyIntoAllow(firstResource(json, QUEUE)) },
      {
        title: "a policy document that allows every action except one",
        change: ({ json }) => firstDataSource(json, DOCUMENT, /policy-document/).statement.push({ not_actions: ["iam:PassRole"] }),
      },
      {
        title: "a policy in JSON that allows every action except one",
        change: ({ json }) => addJsonPolicy(json, { Effect: "Allow", NotAction: "iam:PassRole" }),
      },
      {
        title: "a policy that AWS manages",
        change: ({ json }) => {
          json.resource[ATTACHMENT] = { one: { policy_arn: "arn:aws:iam::aws:policy/AdministratorAccess" } };
        },
      },
    ],
  },
  {
    id: "named-resources",
    rule: "every policy names the resources to which it applies, except for actions that do not support resource-level permissions",
    check: ({ json }) =>
      statementsOf(json)
        .filter(({ allows, actions, resources, block }) => {
          const needsEveryResource = actions.every((action) => EVERY_RESOURCE.has(action));
          return allows && resources.some(isEveryResource) && !needsEveryResource && !isKeyPolicy(json, block);
        })
        .map(allowedActions),
    counterExamples: [
      {
        title: "an action on every resource",
        change: ({ json }) => firstDataSource(json, DOCUMENT, /policy-document/).statement[2].resources.push("*"),
      },
      {
        title: "an action on every resource although its resources have ARNs",
        specimen: "shared",
        change: ({ json }) =>
          firstDataSource(json, DOCUMENT, /boundary/)
            .statement.at(-1)
            .actions.push("ec2:RunInstances"),
      },
      {
        title: "an action on every resource of a service",
        change: ({ json }) =>
          firstDataSource(json, DOCUMENT, /policy-document/).statement.push({
            actions: ["sqs:SendMessage"],
            resources: ["arn:aws:sqs:eu-west-1:222222222222:*"],
          }),
      },
      {
        title: "an action on every resource except one",
        change: ({ json }) =>
          firstDataSource(json, DOCUMENT, /policy-document/).statement.push({ actions: ["sqs:SendMessage"], not_resources: ["arn:a"] }),
      },
    ],
  },
  {
    id: "tls-only",
    rule: "every queue, topic and bucket has a policy that denies requests without TLS",
    check: ({ json }) => {
      const denying = statementsOf(json).filter(deniesPlainRequests);
      return [QUEUE, TOPIC, BUCKET].flatMap((type) =>
        resourcesFailing(json, type, (_, resource) => {
          const places = policyAddressesOf(json, resource);
          return denying.some(({ block }) => places.includes(block.address));
        }),
      );
    },
    counterExamples: [
      { title: "a queue without a policy", change: ({ json }) => delete firstResource(json, QUEUE).policy },
      { title: "a queue with a policy that denies nothing", change: ({ json }) => turnDenyIntoAllow(firstResource(json, QUEUE)) },
      {
        title: "a topic with a policy that denies nothing",
        specimen: "shared",
        change: ({ json }) => firstDataSource(json, DOCUMENT, /topic-policy/).statement.pop(),
      },
      { title: "a bucket without a policy", change: ({ json }) => delete json.resource.aws_s3_bucket_policy },
      { title: "a topic without a policy", specimen: "shared", change: ({ json }) => delete json.resource.aws_sns_topic_policy },
    ],
  },
];

/** In a key's policy, the resource `*` is that key, and the actions of KMS are those on that key. */
function isKeyPolicy(json: Json, document: TerraformBlock): boolean {
  return resourcesOf(json, KEY).some(({ attributes }) => refersTo(attributes.policy, document));
}

/** Whether it is `*`, or the ARN of everything in a service. */
function isEveryResource(arn: string): boolean {
  return /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$/.test(arn);
}

function deniesPlainRequests({ allows, json }: Statement): boolean {
  return !allows && /SecureTransport.*false|false.*SecureTransport/.test(JSON.stringify(json));
}

/** The addresses at which the policy of a queue, topic or bucket can be: the resource, its policy resource, or that one's document. */
function policyAddressesOf(json: Json, resource: TerraformBlock): string[] {
  if (resource.type === QUEUE && resource.attributes.policy) return [resource.address];
  return resourcesOf(json, `${resource.type}_policy`)
    .filter(({ attributes }) => refersTo(attributes, resource))
    .flatMap((policy) => {
      const [, document] = /(data\.[^}]+)\.json/.exec(policy.attributes.policy) ?? [];
      return document ? [policy.address, document] : [policy.address];
    });
}

/** For counter-examples: adds a resource with a policy in JSON. */
function addJsonPolicy(json: Json, statement: object): void {
  json.resource[KEY] = { one: { policy: JSON.stringify({ Statement: [statement] }) } };
}
