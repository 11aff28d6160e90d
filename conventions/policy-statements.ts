import { allResources, dataSourcesOf, type Json, type TerraformBlock, type Violation } from "./convention";

/** The statements of all policies of a stack in one form, for the conventions about policies. */

export const DOCUMENT = "aws_iam_policy_document";

export interface Statement {
  /** The policy document, or the resource with a policy in JSON. */
  block: TerraformBlock;
  allows: boolean;
  /** `*` when the statement has `NotAction`. */
  actions: string[];
  /** `*` when the statement has `NotResource`. */
  resources: string[];
  /** `*` when the statement has `NotPrincipal`. */
  principals: string[];
  json: Json;
}

/** Every statement of a stack: in policy documents, and in the attributes of resources as JSON. */
export function statementsOf(json: Json): Statement[] {
  return [
    ...dataSourcesOf(json, DOCUMENT).flatMap((block) => list(block.attributes.statement).map((one) => documentStatement(block, one))),
    ...allResources(json).flatMap((block) => jsonStatements(block).map((one) => jsonStatement(block, one))),
  ];
}

function documentStatement(block: TerraformBlock, one: Json): Statement {
  return {
    block,
    allows: (one.effect ?? "Allow") === "Allow",
    actions: one.not_actions ? ["*"] : list(one.actions),
    resources: one.not_resources ? ["*"] : list(one.resources),
    principals: list(one.principals).flatMap(({ identifiers }) => identifiers),
    json: one,
  };
}

function jsonStatement(block: TerraformBlock, one: Json): Statement {
  return {
    block,
    allows: one.Effect === "Allow",
    actions: one.NotAction ? ["*"] : list(one.Action),
    resources: one.NotResource ? ["*"] : list(one.Resource),
    principals: one.NotPrincipal ? ["*"] : principalsOf(one.Principal),
    json: one,
  };
}

function jsonStatements({ attributes }: TerraformBlock): Json[] {
  return Object.values<Json>(attributes)
    .filter((text) => typeof text === "string" && text.startsWith("{") && text.includes('"Statement"'))
    .flatMap((text) => list(JSON.parse(text).Statement));
}

/** `"*"`, or principals by their kind: `{ "AWS": ["arn:…"] }`. */
function principalsOf(principal: Json): string[] {
  return typeof principal === "object" ? Object.values<Json>(principal).flat() : list(principal);
}

function list(value: Json): Json[] {
  return value === undefined ? [] : [value].flat();
}

/** The violation of a statement that allows too much. */
export function allowedActions({ block, actions }: Statement): Violation {
  return { resource: block.address, problem: `allows ${actions.join(", ")}` };
}

/** For counter-examples: the queue's own policy denies requests without TLS. */
export function turnDenyIntoAllow(queue: Json): void {
  queue.policy = queue.policy.replace("Deny", "Allow");
}
