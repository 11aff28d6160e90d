import type { PlannedChange } from "../terraform/plan";
import { acceptName } from "./acceptance";
import type { Reason } from "./reasons";
import type { LaterSummary, StackSummary, Summary } from "./summary";

/** GitHub refuses a comment with more than 65,536 characters. */
export const LONGEST_SUMMARY = 60_000;

/**
 * The summary as lines: totals first, then what is dangerous, then contracts and events, then each stack. If it is too long, it is cut from
 * the end, where the details of stacks are, but never what is dangerous.
 * @param command with which the plans are applied: `npm run apply -- `
 */
export function describeSummary(summary: Summary, command: string, longest = LONGEST_SUMMARY): string {
  const head = [...totals(summary), ...dangerSection(summary, command), ...agreementSection(summary)];
  const details = [
    ...summary.planned.filter(({ plan }) => !plan.isEmpty).map(describeStack),
    ...summary.later.map(describeLater),
    ...[...summary.planned.filter(({ plan }) => plan.isEmpty), ...summary.current.map((stack) => ({ stack }))].map(({ stack }) => [
      `${stack}   nothing to change`,
    ]),
  ];
  const lines = [...head];
  let length = lines.join("\n").length;
  let cut = 0;
  for (const stack of details) {
    length += stack.join("\n").length + 1;
    if (length <= longest) lines.push(...stack);
    else cut++;
  }
  if (cut > 0)
    lines.push("", `${cut} more stacks are not shown, because the summary is limited to ${longest} characters. The totals count them.`);
  return lines.join("\n");
}

type Action = PlannedChange["action"];
const NAMES: [Action[], string][] = [
  [["update"], "to change"],
  [["create"], "to add"],
  [["replace", "recreate"], "to replace"],
  [["destroy"], "to destroy"],
];

function counts(changes: PlannedChange[]): string {
  const number = (actions: Action[]) => changes.filter(({ action }) => actions.includes(action)).length;
  const forgotten = number(["forget"]);
  return [...NAMES.map(([actions, name]) => `${number(actions)} ${name}`), ...(forgotten > 0 ? [`${forgotten} to forget`] : [])].join(", ");
}

function totals({ planned, later, current }: Summary): string[] {
  const changed = planned.filter(({ plan }) => !plan.isEmpty);
  const stacks = planned.length + later.length + current.length;
  const all = changed.flatMap(({ plan }) => plan.changes);
  const dangers = changed.flatMap(({ plan }) => plan.dangers).length;
  const parts = [`${changed.length} of ${stacks} stacks change`, counts(all), `${dangers} dangerous`];
  if (later.length > 0) parts.push(`${later.length} planned later`);
  return [parts.join("; ")];
}

function dangerSection(summary: Summary, command: string): string[] {
  const { planned } = summary;
  const dangerous = planned.filter(({ plan }) => plan.dangers.length > 0);
  if (dangerous.length === 0) return [];
  const lines = dangerous.flatMap(({ stack, plan: { dangers } }) => [
    stack,
    ...dangers.map(({ name, text }) => `  ${name}   ${text}`),
    // For this stack alone, so that the line can be used as it is.
    `  acknowledge with: ${command}${stack} ${[...new Set(dangers.map((danger) => `--accept ${acceptName(stack, danger, true)}`))].join(" ")}`,
  ]);
  return ["", "DANGEROUS", ...lines];
}

function agreementSection({ agreements }: Summary): string[] {
  return agreements.length === 0 ? [] : ["", "Contracts and events", ...agreements.map((line) => `  ${line}`)];
}

const SIGNS: Record<Action, string> = { create: "+", update: "~", replace: "±", recreate: "±", destroy: "-", forget: "." };

function describeStack({ stack, reasons, plan }: StackSummary): string[] {
  const isNew = plan.existing === 0;
  const numbers = plan.changes.length === 0 ? "only outputs change" : counts(plan.changes);
  const because = reasons.length > 0 ? `   because ${briefly(reasons)}` : "";
  // Of a stack that does not exist yet, the addresses say nothing that its code does not say.
  // Without reasons, as of a plan that was read from a server, nobody knows what follows from what.
  const known = reasons.length > 0 ? reasons : undefined;
  const changes = isNew ? [] : plan.changes.map((change) => describeChange(change, known));
  return ["", `${stack}   ${isNew ? "new, " : ""}${numbers}${because}`, ...changes.map((line) => `  ${line}`)];
}

function describeLater({ stack, after, reasons }: LaterSummary): string[] {
  return ["", `${stack}   planned after ${after.join(", ")}${reasons.length > 0 ? `   because ${briefly(reasons)}` : ""}`];
}

/** Reasons that are about the stack as a whole, or about code. Those of resources are at the resource. */
function briefly(reasons: Reason[]): string {
  const ofStack = reasons.filter(({ code }) => !code.startsWith("resource-"));
  const shown = (ofStack.length > 0 ? ofStack : reasons).map(({ detail }) => detail);
  return shown.length <= 3 ? shown.join("; ") : `${shown.slice(0, 3).join("; ")}; and ${shown.length - 3} more`;
}

/** One change as a line: `~ aws_lambda_function.place   code   new code`. It never contains a value that is secret. */
function describeChange(change: PlannedChange, reasons?: Reason[]): string {
  const { action, address, replacedFor } = change;
  const parts = [`${SIGNS[action]} ${address}`, what(change)];
  if (action === "replace" && replacedFor.length > 0) parts.push(`AWS cannot change ${replacedFor.join(", ")}`);
  if (reasons) parts.push(why(change, reasons));
  return parts.filter((part) => part !== "").join("   ");
}

function what({ action, attributes, values, replacedFor }: PlannedChange): string {
  if (action === "recreate") return "created again, because its creation did not finish";
  if (action === "forget") return "no longer managed, and not destroyed";
  if (action === "create" || action === "destroy") return "";
  const names = action === "replace" ? replacedFor : attributes.filter((name) => !DERIVED.includes(name));
  return names.map((name) => (name === CODE ? "code" : `${name}${values[name] === undefined ? "" : ` (${values[name]})`}`)).join(", ");
}

const CODE = "source_code_hash";
/** The attributes that AWS computes again whenever a function changes. They say nothing about the change. */
const DERIVED = ["code_sha256", "last_modified", "qualified_arn", "qualified_invoke_arn", "source_code_size", "tags_all", "version"];

function why({ address, attributes }: PlannedChange, reasons: Reason[]): string {
  const own = reasons.find(({ code, detail }) => code.startsWith("resource-") && isAbout(detail, address));
  if (attributes.includes(CODE)) return "← new code";
  if (own) return "← its definition";
  if (reasons.some(({ code }) => code === "contract-value")) return "← a contract's value, or follows";
  return reasons.some(({ code }) => code === "changed-outside" || code === "not-recorded") ? "← changed outside, or follows" : "← follows";
}

/** Whether a reason's detail begins with the address of a resource. */
function isAbout(detail: string, address: string): boolean {
  return detail === address || detail.startsWith(`${address}:`);
}
