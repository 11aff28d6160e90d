import type { StackDescription } from "../../shared/stack-description";
import type { StackContents } from "../artifact/contents";

/** Why a change affects a stack, as a code for programs. This list is complete. */
export const REASONS = {
  "new-stack": "the stack is new",
  "resource-added": "a resource is new",
  "resource-changed": "a resource changes",
  "resource-removed": "a resource is removed",
  bundle: "a lambda's code changes",
  "provider-lock": "the provider lock file changes",
  settings: "settings of Terraform, its provider or its outputs change",
  "contract-value": "a contract that it reads has another value",
  "not-recorded": "no command of this project has deployed it yet",
  "changed-outside": "something else has changed it since it was deployed",
} as const;

export type ReasonCode = keyof typeof REASONS;

/** One reason why a stack is affected. */
export interface Reason {
  code: ReasonCode;
  /** What changes, in words: `aws_sqs_queue.placed_queue_9D7D83A2: visibility_timeout_seconds (120 → 60)`. */
  detail: string;
}

/** A stack on one side of a comparison. */
export interface ComparedStack {
  contents: Pick<StackContents, "blocks" | "zips" | "lock">;
  lambdas: StackDescription["lambdas"];
  /** The blocks themselves, if they are at hand. With them, reasons name the attributes that change. */
  blocks?: Map<string, unknown>;
}

/** What brought a lambda's new code in: files of the project and packages, `domains/orders/contract.ts`, `zod 4.6.6 → 4.6.7`. */
export type FindCauses = (before: BundledLambda, after: BundledLambda) => Promise<string[]>;
export type BundledLambda = StackDescription["lambdas"][number];

/** Kinds of block that are not resources. They belong to the whole stack. */
const SETTINGS = /^(terraform|provider|output|locals|variable)(\.|$)/;

/** Compares what a stack was with what it is. The result is empty if a deployment would change nothing. */
export async function reasonsBetween(before: ComparedStack, after: ComparedStack, findCauses: FindCauses): Promise<Reason[]> {
  const reasons = [...bundlesChanged(before, after), ...blocksChanged(before, after)];
  if (before.contents.lock !== after.contents.lock) reasons.push({ code: "provider-lock", detail: lockDetail(before, after) });
  return Promise.all(reasons.map((reason) => withCauses(reason, { before, after, findCauses })));
}

function lockDetail({ contents: before }: ComparedStack, { contents: after }: ComparedStack): string {
  if (before.lock === undefined) return ".terraform.lock.hcl is new";
  return after.lock === undefined ? ".terraform.lock.hcl is removed" : ".terraform.lock.hcl changes";
}

/** Zips whose code is other than before. A zip that comes or goes does so with its function. */
function bundlesChanged({ contents: before }: ComparedStack, { contents: after }: ComparedStack): Reason[] {
  const changed = Object.keys(after.zips).filter((zip) => before.zips[zip] !== undefined && before.zips[zip] !== after.zips[zip]);
  return changed.map((zip) => ({ code: "bundle", detail: zip }));
}

async function withCauses(
  reason: Reason,
  { before, after, findCauses }: { before: ComparedStack; after: ComparedStack; findCauses: FindCauses },
): Promise<Reason> {
  if (reason.code !== "bundle") return reason;
  const lambdaIn = ({ lambdas }: ComparedStack) => lambdas.find(({ zip }) => zip === reason.detail);
  const [old, lambda] = [lambdaIn(before), lambdaIn(after)];
  const causes = old && lambda ? await findCauses(old, lambda) : [];
  const name = lambda?.name ?? reason.detail;
  return { ...reason, detail: `${name}'s bundle changes${causes.length > 0 ? ` (${causes.join(", ")})` : ""}` };
}

function blocksChanged(before: ComparedStack, after: ComparedStack): Reason[] {
  const addresses = new Set([...Object.keys(before.contents.blocks), ...Object.keys(after.contents.blocks)]);
  return [...addresses].sort().flatMap((address): Reason[] => {
    const [old, current] = [before.contents.blocks[address], after.contents.blocks[address]];
    if (old === current) return [];
    if (SETTINGS.test(address)) return [{ code: "settings", detail: `${address}${changesOf(address, before, after)}` }];
    if (old === undefined) return [{ code: "resource-added", detail: address }];
    if (current === undefined) return [{ code: "resource-removed", detail: address }];
    return [{ code: "resource-changed", detail: `${address}${changesOf(address, before, after)}` }];
  });
}

/** The attributes of a block that change, as text: `: timeout (3 → 10), environment`. Empty if the blocks are not at hand. */
function changesOf(address: string, before: ComparedStack, after: ComparedStack): string {
  const [old, current] = [before.blocks?.get(address), after.blocks?.get(address)];
  if (!isObject(old) || !isObject(current)) return "";
  const names = [...new Set([...Object.keys(old), ...Object.keys(current)])].sort();
  // The code of a lambda is a reason of its own.
  const isCode = (name: string) => name === "source_code_hash" && address.startsWith("aws_lambda_function.");
  const changed = names.filter((name) => !isCode(name) && JSON.stringify(old[name]) !== JSON.stringify(current[name]));
  return changed.length === 0 ? "" : `: ${changed.map((name) => `${name}${values(old[name], current[name])}`).join(", ")}`;
}

/** Both values of an attribute, if they can be read in a line. Nothing in the artifact is secret. */
function values(old: unknown, current: unknown): string {
  const isShort = (value: unknown) => value === undefined || (typeof value !== "object" && String(value).length <= 40);
  if (!isShort(old) || !isShort(current)) return "";
  return ` (${old === undefined ? "none" : old} → ${current === undefined ? "none" : current})`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
