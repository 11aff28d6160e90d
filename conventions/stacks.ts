import { deployedIdentity, workspaceName } from "../shared/naming";
import { type Convention, dataSourcesOf, duplicatesIn, resourcesOf, type SynthesizedStack } from "./convention";

const PARAMETER = "aws_ssm_parameter";

/** Every stack deploys alone, with a state of its own. */
export const stackConventions: Convention[] = [
  {
    id: "unique-states",
    rule: "no two stacks have the same state",
    noExceptions: "A deployment of one stack would destroy the resources of the other.",
    check: (stack, stacks) => {
      const state = stateOf(stack);
      if (!state || !duplicatesIn(stacks.map((each) => stateOf(each) ?? "")).has(state)) return [];
      return [{ problem: `another stack has the same state: ${state}` }];
    },
    counterExamples: [
      {
        title: "two stacks with one local state",
        change: (stack, stacks) => stacks.push(structuredClone(stack)),
        finds: "sample-live.tfstate",
      },
      {
        title: "two stacks with one key in S3",
        change: (_, stacks) => {
          for (const { json } of stacks) json.terraform.backend = { s3: { key: "sample", bucket: "states" } };
        },
        finds: "the same state: states/sample",
      },
    ],
  },
  {
    id: "state-location",
    rule: "every stack says where its state is, and a local state has a relative path",
    noExceptions: "Terraform would keep the state where no other machine finds it.",
    check: (stack) => {
      const state = stateOf(stack);
      if (state === undefined) return [{ problem: "has no backend" }];
      return state.startsWith("/") ? [{ problem: `the state ${state} is at an absolute path` }] : [];
    },
    counterExamples: [
      { title: "a stack without a backend", change: ({ json }) => delete json.terraform.backend, finds: "has no backend" },
      {
        title: "a state at an absolute path",
        change: ({ json }) => Object.assign(json.terraform.backend.local, { path: "/state" }),
        finds: "/state",
      },
    ],
  },
  {
    id: "workspace-names",
    rule: "every stack has a workspace name of its own that HCP Terraform accepts",
    noExceptions: "HCP Terraform would reject the workspace, or two stacks would have one state.",
    check: ({ description }, stacks) => {
      const name = workspaceName(deployedIdentity(description));
      const isDuplicate = duplicatesIn(stacks.map((each) => workspaceName(deployedIdentity(each.description)))).has(name);
      return [
        ...(isDuplicate ? [{ problem: `another stack has the same workspace: ${name}` }] : []),
        ...(WORKSPACE_NAME.test(name) ? [] : [{ problem: `HCP Terraform rejects the workspace name ${name}` }]),
      ];
    },
    counterExamples: [
      {
        title: "two stacks with one workspace",
        change: ({ description }) => Object.assign(description, { domain: "shared" }),
        finds: "the same workspace: shop-shared-live",
      },
      {
        title: "a workspace name with a space",
        change: ({ description }) => Object.assign(description, { domain: "a b" }),
        finds: "rejects the workspace name shop-a b-live",
      },
    ],
  },
  {
    id: "published-contracts",
    rule: "every SSM parameter that a stack reads is published by a stack",
    check: ({ json }, stacks) => {
      const published = new Set(stacks.flatMap((each) => resourcesOf(each.json, PARAMETER).map(({ attributes }) => attributes.name)));
      return dataSourcesOf(json, PARAMETER)
        .filter(({ attributes }) => !published.has(attributes.name))
        .map(({ address, attributes }) => ({ resource: address, problem: `no stack publishes ${attributes.name}` }));
    },
    counterExamples: [
      {
        title: "a parameter of a stack that does not exist",
        change: (stack, stacks) => stacks.splice(0, stacks.length, stack),
        finds: "/shop/live/shared/v1/alarmTopicArn",
      },
    ],
  },
  {
    id: "no-cross-stack-references",
    rule: "no stack refers to another stack except by a contract, so that each stack deploys alone",
    noExceptions: "CDKTF could not deploy the stack alone.",
    check: ({ json }) => {
      const [reference] = /terraform_remote_state|cross-stack/.exec(JSON.stringify(json)) ?? [];
      return reference ? [{ problem: `contains ${reference}` }] : [];
    },
    counterExamples: [
      {
        title: "a data source of another stack's state",
        change: ({ json }) => {
          json.data.terraform_remote_state = { orders: { backend: "local" } };
        },
      },
      {
        title: "an output for another stack, as CDKTF writes it",
        change: ({ json }) => {
          json.output["cross-stack-output-aws_sqs_queueplacedarn"] = { value: `\${aws_sqs_queue.placed.arn}` };
        },
      },
    ],
  },
];

/** @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces/create */
const WORKSPACE_NAME = /^[\w-]{1,90}$/;

/** The place of the state, for each kind of backend: a local path, a key in S3, or a workspace of HCP Terraform. */
function stateOf({ json: { terraform } }: SynthesizedStack): string | undefined {
  const { local, s3, remote } = terraform.backend ?? {};
  return local?.path ?? (s3 && `${s3.bucket}/${s3.key}`) ?? JSON.stringify(remote?.workspaces ?? terraform.cloud?.workspaces);
}
