import type { Json } from "../__tests__/harness/synth";
import type { Rule } from "./convention";
import * as rules from "./policies";
import { type Damage, document, letIn, one } from "./violations";

const GROUP = "aws_security_group";
const PERMISSION = "aws_lambda_permission";
const QUEUE = "aws_sqs_queue";

/** A policy that stands beside the others. */
const written = (json: Json, statement: object): void => {
  json.resource.aws_kms_key = { one: { policy: JSON.stringify({ Statement: [statement] }) } };
};

/** Each rule of who may do what, and what breaks it. */
export const POLICY_CONVENTIONS: [string, Rule, [string, string, Damage][]][] = [
  [
    "no policy allows every action of a service",
    rules.namedActions,
    [
      [
        "sample",
        "everything, in a document",
        (json) => document(json, /policy-document/).statement.push({ actions: ["*"], resources: ["arn:a"] }),
      ],
      [
        "shared",
        "everything of a service, in the boundary",
        (json) => document(json, /lambda-boundary/).statement[0].actions.push("dynamodb:*"),
      ],
      ["sample", "everything of a queue, in JSON", (json) => letIn(one(json, QUEUE))],
      ["sample", "everything but one", (json) => document(json, /policy-document/).statement.push({ not_actions: ["iam:PassRole"] })],
      ["sample", "everything but one, in JSON", (json) => written(json, { Effect: "Allow", NotAction: "iam:PassRole" })],
      [
        "sample",
        "what AWS allows an administrator",
        (json) => (json.resource.aws_iam_role_policy_attachment = { one: { policy_arn: "arn:aws:iam::aws:policy/AdministratorAccess" } }),
      ],
    ],
  ],
  [
    "no policy allows something on every resource, unless it is written down why",
    rules.namedResources,
    [
      ["sample", "an action on every resource", (json) => document(json, /policy-document/).statement[2].resources.push("*")],
      [
        "shared",
        "an action on every resource that has ARNs",
        (json) =>
          document(json, /lambda-boundary/)
            .statement.at(-1)
            .actions.push("ec2:RunInstances"),
      ],
      [
        "sample",
        "an action on everything of a service",
        (json) =>
          document(json, /policy-document/).statement.push({
            actions: ["sqs:SendMessage"],
            resources: ["arn:aws:sqs:eu-west-1:222222222222:*"],
          }),
      ],
      [
        "sample",
        "an action on all but one",
        (json) => document(json, /policy-document/).statement.push({ actions: ["sqs:SendMessage"], not_resources: ["arn:a"] }),
      ],
    ],
  ],
  [
    "nothing is open to everybody, and no service may invoke a lambda for another's resource",
    rules.noPublicAccess,
    [
      ["shared", "a topic that lets everybody publish", (json) => delete document(json, /topic-policy/).statement[1].effect],
      ["sample", "a permission for everybody", (json) => (one(json, PERMISSION).principal = "*")],
      ["sample", "a permission for a bucket of any account", (json) => delete one(json, PERMISSION, /papers/).source_account],
      ["sample", "a permission for any API", (json) => delete one(json, PERMISSION).source_arn],
      ["sample", "a queue that lets everybody in", (json) => letIn(one(json, QUEUE))],
      [
        "sample",
        "a role that all but one may take",
        (json) => (one(json, "aws_iam_role").assume_role_policy = '{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"a"}}]}'),
      ],
      ["sample", "a URL that anyone may call", (json) => (json.resource.aws_lambda_function_url = { one: { authorization_type: "NONE" } })],
      ["sample", "a bucket that anyone may read", (json) => (json.resource.aws_s3_bucket_acl = { one: { acl: "public-read" } })],
      ["shared", "a port that is open to the world", (json) => (one(json, GROUP).ingress = [{ cidr_blocks: ["0.0.0.0/0"] }])],
      ["shared", "a subnet with public addresses", (json) => (one(json, "aws_subnet").map_public_ip_on_launch = true)],
      ["shared", "a default group that lets something pass", (json) => (one(json, "aws_default_security_group").egress = [{}])],
    ],
  ],
];
