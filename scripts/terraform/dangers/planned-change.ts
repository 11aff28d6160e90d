import { isDeepStrictEqual } from "node:util";
import { isMarked, isSensitive } from "../marks";
import type { ShownPlan } from "../plan";
import type { Danger } from "./danger";

/** How the finders of dangers read a plan, as `terraform show -json` prints it. */

type ShownChange = NonNullable<ShownPlan["resource_changes"]>[number];

/** A change of a resource, with the marks of sensitive values: `true`, or an object with marks inside. */
export interface DangerousChange extends ShownChange {
  change: Change;
}

export type Change = ShownChange["change"] & { before_sensitive?: unknown; after_sensitive?: unknown };

/** The part of `terraform show -json <plan>` from which dangers are found. */
export interface DangerousPlan extends ShownPlan {
  resource_changes?: DangerousChange[];
  /** The code that was planned. It says what a value is made of that is known only after the apply. */
  configuration?: { root_module?: { resources?: { address: string; expressions?: Expressions }[] } };
}

/** What the code says about the attributes of a resource. Of an attribute, the things that it refers to. */
type Expressions = Record<string, { references?: string[] }>;

/** What a finder finds in a change of a resource. */
export type Found = Omit<Danger, "name">;
export type Values = Record<string, unknown> | null;

export function managedChanges({ resource_changes = [] }: DangerousPlan): DangerousChange[] {
  return resource_changes.filter(({ mode }) => mode === "managed");
}

export function isDestroyed({ change: { actions } }: DangerousChange): boolean {
  return actions.includes("delete") && !actions.includes("create");
}

/** What a resource belongs to: the attribute that names it, and its type. */
export const OWNERS: Record<string, { attribute: string; type: string }> = {
  aws_cloudwatch_event_bus_policy: { attribute: "event_bus_name", type: "aws_cloudwatch_event_bus" },
  aws_dynamodb_resource_policy: { attribute: "resource_arn", type: "aws_dynamodb_table" },
  aws_iam_group_policy: { attribute: "group", type: "aws_iam_group" },
  aws_iam_group_policy_attachment: { attribute: "group", type: "aws_iam_group" },
  aws_iam_role_policy: { attribute: "role", type: "aws_iam_role" },
  aws_iam_role_policy_attachment: { attribute: "role", type: "aws_iam_role" },
  aws_iam_user_policy: { attribute: "user", type: "aws_iam_user" },
  aws_iam_user_policy_attachment: { attribute: "user", type: "aws_iam_user" },
  aws_kinesis_resource_policy: { attribute: "resource_arn", type: "aws_kinesis_stream" },
  aws_kms_key_policy: { attribute: "key_id", type: "aws_kms_key" },
  aws_s3_bucket_acl: { attribute: "bucket", type: "aws_s3_bucket" },
  aws_s3_bucket_lifecycle_configuration: { attribute: "bucket", type: "aws_s3_bucket" },
  aws_s3_bucket_policy: { attribute: "bucket", type: "aws_s3_bucket" },
  aws_s3_bucket_public_access_block: { attribute: "bucket", type: "aws_s3_bucket" },
  aws_secretsmanager_secret_policy: { attribute: "secret_arn", type: "aws_secretsmanager_secret" },
  aws_sns_topic_policy: { attribute: "arn", type: "aws_sns_topic" },
  aws_sqs_queue_policy: { attribute: "queue_url", type: "aws_sqs_queue" },
};

/** The attributes with which other resources name a resource. */
const NAMES = ["id", "name", "arn", "bucket", "url", "key_id"];

/** Whether the plan creates what a resource belongs to, so that nobody uses that yet. */
export function isOwnerNew({ type, address, change }: DangerousChange, plan: DangerousPlan): boolean {
  const owner = OWNERS[type];
  if (!owner) return false;
  const created = managedChanges(plan).filter((other) => other.type === owner.type && isCreated(other));
  if (!isMarked(change.after_unknown[owner.attribute]))
    return created.some(({ change: { after } }) => isNamed(after, change.after?.[owner.attribute]));
  // Its name is known only after the apply. The code says where it comes from.
  const references = expressionsOf(address, plan)?.[owner.attribute]?.references ?? [];
  const isOfCreated = (reference: string) => created.some((other) => `${reference}.`.startsWith(`${withoutIndex(other.address)}.`));
  return references.length > 0 && references.every(isOfCreated);
}

/** Whether the plan destroys what a resource belongs to, and does not replace it. */
export function isOwnerGone({ type, change }: DangerousChange, plan: DangerousPlan): boolean {
  const owner = OWNERS[type];
  if (!owner) return false;
  const destroyed = managedChanges(plan).filter((other) => other.type === owner.type && isDestroyed(other));
  return destroyed.some(({ change: { before } }) => isNamed(before, change.before?.[owner.attribute]));
}

/** Whether another resource can name a resource so. */
function isNamed(values: Values, name: unknown): boolean {
  return typeof name === "string" && NAMES.some((attribute) => values?.[attribute] === name);
}

export function isCreated({ change: { actions, before } }: DangerousChange): boolean {
  return actions.includes("create") && before === null;
}

/** The data source that an attribute is the JSON of, as the plan has it: `${data.aws_iam_policy_document.x.json}`. */
export function documentOf(attribute: string, { address }: DangerousChange, plan: DangerousPlan): DangerousChange | undefined {
  const references = expressionsOf(address, plan)?.[attribute]?.references ?? [];
  const [document, ...others] = [...new Set(references.map((reference) => reference.split(".").slice(0, 3).join(".")))];
  if (others.length > 0 || !document?.startsWith("data.aws_iam_policy_document.")) return undefined;
  return plan.resource_changes?.find((each) => each.address === document);
}

/** Undefined if the plan does not have the code, as for a resource in a module. */
function expressionsOf(address: string, { configuration }: DangerousPlan): Expressions | undefined {
  const resource = configuration?.root_module?.resources?.find((each) => each.address === withoutIndex(address));
  return resource && (resource.expressions ?? {});
}

/** Whether the code has an attribute. Of a replaced resource, AWS chooses an attribute that the code does not have again. */
export function isInCode(attribute: string, { address }: DangerousChange, plan: DangerousPlan): boolean {
  const expressions = expressionsOf(address, plan);
  return expressions === undefined || attribute in expressions;
}

function withoutIndex(address: string): string {
  return address.replace(/\[[^\]]*\]$/, "");
}

/** Whether attributes keep their values. In a new resource, no attribute does. */
export function isUnchanged({ before, after, after_unknown }: Change, attributes: string[]): boolean {
  return before !== null && attributes.every((name) => !isMarked(after_unknown[name]) && isDeepStrictEqual(before[name], after?.[name]));
}

/** The new value of an attribute, as everybody may read it. */
export function shown(change: Change, attribute: string): string {
  if (isMarked(change.after_unknown[attribute])) return "something that is known only after the apply";
  return isSensitive(change, attribute) ? "something sensitive" : String(change.after?.[attribute]);
}
