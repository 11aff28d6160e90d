import { isMarked, isSensitive } from "../marks";
import {
  type DangerousChange,
  type DangerousPlan,
  documentOf,
  type Found,
  isCreated,
  isInCode,
  isOwnerGone,
  isOwnerNew,
  isUnchanged,
  OWNERS,
  shown,
} from "./planned-change";
import { describeGrants, type Grant, isForEveryone, wideningOf } from "./widened-policies";

/** The attributes that are policies, also when their text is not known yet. Others are found by their text. */
export const POLICY_ATTRIBUTES = ["access_policies", "access_policy", "assume_role_policy", "inline_policy", "policy", "policy_document"];

export function widenedPolicies(change: DangerousChange, plan: DangerousPlan): Found[] {
  const { before, after, after_unknown } = change.change;
  const isPolicy = isPolicyResource(change);
  if (after === null && (!isPolicy || isOwnerGone(change, plan))) return [];
  const isOfNew = isCreated(change) && (!isPolicy || isOwnerNew(change, plan));
  const attributes = [...new Set([before, after, after_unknown].flatMap((values) => Object.keys(values ?? {})))];
  const policies = attributes.filter(
    (name) => POLICY_ATTRIBUTES.includes(name) || isPolicyText(before?.[name]) || isPolicyText(after?.[name]),
  );
  return policies.flatMap((attribute) => {
    const found = widenedPolicy(attribute, change, plan);
    // Who may use what the plan creates is a decision of its code. That it is open to everyone can be a mistake.
    return isOfNew ? found.filter(({ kind }) => kind === "public") : found;
  });
}

function widenedPolicy(attribute: string, resource: DangerousChange, plan: DangerousPlan): Found[] {
  const { change } = resource;
  const danger = (text: string): Found => ({ kind: "permissions", text: `${attribute} ${text}` });
  const isUnknown = isMarked(change.after_unknown[attribute]) && isInCode(attribute, resource, plan);
  const document = isUnknown ? plannedPolicy(documentOf(attribute, resource, plan)) : change.after?.[attribute];
  if (isUnknown && document === undefined) return [danger("is known only after the apply, so it may allow more")];
  const before = hasMoved(resource) ? [] : policiesIn(change.before?.[attribute]);
  const widening = wideningOf(before, policiesIn(document));
  if (!widening) return [danger("cannot be compared, so it may allow more")];

  const described = (grants: Grant[]) => (isSensitive(change, attribute) ? "its text is sensitive" : describeGrants(grants));
  const allowed = widening.allowed.filter((grant) => !isForEveryone(grant));
  const open = widening.allowed.filter(isForEveryone).map((grant) => ({ ...grant, principal: "" }));
  return [
    ...(allowed.length > 0 ? [danger(`allows more: ${described(allowed)}`)] : []),
    ...(widening.undenied.length > 0 ? [danger(`denies less: ${described(widening.undenied)}`)] : []),
    ...(open.length > 0 ? [{ ...danger(`is open to everyone: ${described(open)}`), kind: "public" as const }] : []),
  ];
}

/** A statement of the data source `aws_iam_policy_document`. */
interface DocumentStatement {
  effect?: string | null;
  actions?: string[] | null;
  not_actions?: string[] | null;
  resources?: string[] | null;
  not_resources?: string[] | null;
  principals?: { type: string; identifiers: string[] }[] | null;
  not_principals?: { type: string; identifiers: string[] }[] | null;
  condition?: { test: string; variable: string; values: string[] }[] | null;
}

/**
 * The policy that a data source will give. Terraform reads it only after the apply if something that it refers to changes, whatever changes
 * there, and most of the time all of its statements are known.
 * @returns undefined if a part is unknown
 */
function plannedPolicy(source: DangerousChange | undefined): string | undefined {
  const { after, after_unknown } = source?.change ?? {};
  const isCombined = [after?.source_policy_documents, after?.override_policy_documents].some((each) => [each ?? []].flat().length > 0);
  if (!Array.isArray(after?.statement) || isCombined || isMarked(after_unknown?.statement)) return undefined;
  return JSON.stringify({ Version: "2012-10-17", Statement: (after.statement as DocumentStatement[]).map(statementOf) });
}

function statementOf(from: DocumentStatement): Record<string, unknown> {
  const principalsOf = (list: DocumentStatement["principals"]) =>
    list?.length ? Object.fromEntries(list.map(({ type, identifiers }) => [type, identifiers])) : undefined;
  const conditions: Record<string, Record<string, string[]>> = {};
  for (const { test, variable, values } of from.condition ?? []) conditions[test] = { ...conditions[test], [variable]: values };
  const some = (list?: string[] | null) => (list?.length ? list : undefined);
  return {
    Effect: from.effect ?? "Allow",
    Action: some(from.actions),
    NotAction: some(from.not_actions),
    Resource: some(from.resources),
    NotResource: some(from.not_resources),
    Principal: principalsOf(from.principals),
    NotPrincipal: principalsOf(from.not_principals),
    Condition: Object.keys(conditions).length > 0 ? conditions : undefined,
  };
}

/** Whether a resource is nothing but a policy of another one. A managed policy is a resource that others name. */
function isPolicyResource({ type }: DangerousChange): boolean {
  return type.endsWith("_policy") && type !== "aws_iam_policy";
}

/** Whether a policy was one of another resource before, which says nothing about what this one allowed. */
function hasMoved({ type, change: { before, after } }: DangerousChange): boolean {
  const attribute = OWNERS[type]?.attribute;
  if (attribute === undefined || !before || typeof after?.[attribute] !== "string") return false;
  return before[attribute] !== after[attribute];
}

function isPolicyText(value: unknown): boolean {
  return typeof value === "string" && value.trimStart().startsWith("{") && value.includes('"Statement"');
}

/** The policies in the value of an attribute: one, or a list of blocks. */
function policiesIn(value: unknown): unknown[] {
  return [value].flat().map((each) => (typeof each === "object" && each !== null && "policy" in each ? each.policy : each));
}

/** A boundary is a limit, so another one can allow more. */
export function changedBoundary({ change: { before, after, after_unknown } }: DangerousChange): Found[] {
  if (!before?.permissions_boundary || after === null) return [];
  if (isMarked(after_unknown.permissions_boundary)) return [{ kind: "permissions", text: "may get another permissions boundary" }];
  if (!after.permissions_boundary) return [{ kind: "permissions", text: "loses its permissions boundary" }];
  const isSame = after.permissions_boundary === before.permissions_boundary;
  return isSame ? [] : [{ kind: "permissions", text: "gets another permissions boundary" }];
}

const ATTACHMENT = /^aws_iam_(role_|user_|group_)?policy_attachment$/;

export function attachedPolicies(resource: DangerousChange, plan: DangerousPlan): Found[] {
  const { type, change } = resource;
  if (!ATTACHMENT.test(type) || change.after === null || isOwnerNew(resource, plan)) return [];
  if (isUnchanged(change, ["policy_arn", "role", "roles", "user", "users", "group", "groups"])) return [];
  return [{ kind: "permissions", text: `attaches ${shown(change, "policy_arn")} to what exists already` }];
}

/** The older form of attachments: a list in the role. */
export function listedPolicies({ change }: DangerousChange): Found[] {
  if (change.before === null || change.after === null) return [];
  const before = [change.before.managed_policy_arns ?? []].flat();
  const added = [change.after.managed_policy_arns ?? []].flat().filter((arn) => !before.includes(arn));
  return added.length === 0 ? [] : [{ kind: "permissions", text: "managed_policy_arns has more policies" }];
}
