import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SSM } from "@aws-sdk/client-ssm";
import { UserError } from "../../shared/errors";
import { camelCase, contractParameter, deployedIdentity, deployRoleName } from "../../shared/naming";
import { foundationContract } from "../../shared/stack/foundation-contract";
import type { LambdaDescription } from "../../shared/stack-description";
import type { Stack } from "../artifact/artifact";
import { parameterValues } from "../aws/parameter-values";
import { parseJson } from "../cli/json";
import { clientSettings } from "./client-settings";
import { LOCAL_FOLDER, readLocalState } from "./files";
import type { LocalRun } from "./run";

/** Where the local AWS records every decision of authorization (`emulator/decisions.py`). */
const DECISIONS = join(LOCAL_FOLDER, "decisions.jsonl");

/** A refusal because no policy allows the action, and a refusal because a policy denies it. */
const REFUSED = ["ImplicitDeny", "Deny"];

/** An action that the local AWS refused to a lambda. */
export interface Refusal {
  stack: Stack;
  lambda: LambdaDescription;
  /** `dynamodb:PutItem` */
  action: string;
  /** The ARN. */
  resource: string;
  /** Whether a policy denies the action. Otherwise no policy allows it. */
  isDenied: boolean;
}

/**
 * The actions that were refused to lambdas of these stacks, each once. There are none on a local AWS that `npm run local` did not
 * start, because it does not record its decisions.
 * @param since milliseconds since 1970. Earlier refusals are left out.
 */
export function readRefusals(stacks: Stack[], since: number): Refusal[] {
  return refusedSince(since).flatMap(({ principal, action, resource, decision }) => {
    const caller = lambdaWithRole(stacks, principal);
    return caller ? [{ ...caller, action, resource, isDenied: decision === "Deny" }] : [];
  });
}

/** A line of the record (`emulator/decisions.py`). */
export interface Decision {
  /** The ARN of the session, or the account of the root user. */
  principal: string;
  action: string;
  /** The ARN, or `*`. */
  resource: string;
  decision: string;
}

/** What was refused to anybody, each once. */
function refusedSince(since: number): Decision[] {
  if (!existsSync(DECISIONS)) return [];
  const refusals = new Map<string, Decision>();
  const lines = readFileSync(DECISIONS, "utf8").split("\n");
  // The file can have 100,000 earlier lines, and a command that waits reads it several times a second.
  const lastEarlier = lines.findLastIndex((line) => parseJson(line)?.time * 1000 < since);
  for (const line of lines.slice(lastEarlier + 1)) {
    const { principal, action, resource, decision } = parseJson(line) ?? {};
    if (REFUSED.includes(decision)) refusals.set(`${principal} ${action} ${resource}`, { principal, action, resource, decision });
  }
  return [...refusals.values()];
}

/**
 * Deploys something under deploy roles. The error also says what was refused to which role, and where to allow it. A refusal is an
 * error even if the deployment succeeds, because the AWS provider ignores some.
 */
export async function explainingDeployRefusals(stacks: Stack[], work: () => Promise<void>): Promise<void> {
  const start = Date.now();
  let error: unknown;
  await work().catch((failure) => {
    error = failure;
  });
  if (error !== undefined && !(error instanceof UserError)) throw error;
  const refusals = refusedSince(start).flatMap(({ principal, action, resource, decision }) => {
    const stack = stacks.find((each) => roleOf(principal) === deployRoleName(deployedIdentity(each), "apply"));
    return stack ? [`  ${stack.stack}: ${action} on ${resource}${decision === "Deny" ? " (a policy denies it)" : ""}`] : [];
  });
  if (refusals.length === 0) {
    if (error !== undefined) throw error;
    return;
  }
  const fix =
    "Add what is missing to the row of the resource's type in shared/foundation/roles/permissions.ts (foundation-permissions.ts for shared)";
  const explanation = `The apply roles of these stacks were refused:\n${refusals.join("\n")}\n${fix}, and run the command again.`;
  throw new UserError([...(error instanceof UserError ? [error.message] : []), explanation].join("\n\n"));
}

function roleOf(principal: string): string | undefined {
  return /:assumed-role\/([^/]+)\//.exec(principal)?.[1];
}

/** @param principal the ARN of a session: `arn:aws:sts::111111111111:assumed-role/shop-orders-int-record-order/…` */
function lambdaWithRole(stacks: Stack[], principal: string): Pick<Refusal, "stack" | "lambda"> | undefined {
  const role = roleOf(principal);
  for (const stack of stacks) {
    // The execution role of a lambda has the name of its function.
    const lambda = stack.lambdas.find(({ functionName }) => functionName === role);
    if (lambda) return { stack, lambda };
  }
  return undefined;
}

/**
 * Does something for which lambdas need permissions. If it fails, the error also says what was refused to which lambda, and which
 * line of `stack.ts` allows it.
 */
export async function explainingRefusals<Result>(run: LocalRun, stacks: Stack[], work: () => Promise<Result>): Promise<Result> {
  const start = Date.now();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const refusals = readRefusals(stacks, start);
    const explanations = await Promise.all(refusals.map((refusal) => explain(run, stacks, refusal)));
    throw new UserError([error.message, ...explanations].join("\n\n"));
  }
}

async function explain(run: LocalRun, stacks: Stack[], refusal: Refusal): Promise<string> {
  const { stack, lambda, action, resource, isDenied } = refusal;
  const fact = `${lambda.name} (${stack.stack}) was refused ${action} on ${resource}.`;
  if (isDenied)
    return `${fact} A policy denies it, so a further permission does not help. Find the Deny statement in the stacks' policies.`;
  const values = [...ownArns(stack), ...(await contractValues(run, stacks, stack))];
  return [`${fact} Allow it in domains/${stack.domain}/stack.ts:`, ...linesThatAllow(refusal, values).map((line) => `  ${line}`)].join(
    "\n",
  );
}

/** The lines of `stack.ts` that allow the action. */
function linesThatAllow({ lambda, stack, action, resource }: Refusal, values: KnownValue[]): string[] {
  const variable = camelCase(lambda.name);
  const secret = stack.secrets.find(({ parameter }) => resource.endsWith(`:parameter${parameter}`));
  if (secret && action === "ssm:GetParameter") return [`${camelCase(secret.name)}.grantRead(${variable});`];

  const known = values.find(({ value }) => resource === value || resource.startsWith(`${value}/`));
  if (!known) return [`${variable}.allow(["${action}"], "${resource}");`];
  const part = partOf(resource.slice(known.value.length));
  const expression = part === "" ? known.expression : `\`\${${known.expression}}${part}\``;
  return [...known.preparation, `${variable}.allow(["${action}"], ${expression});`];
}

/** What to add to the ARN of a resource. For an object, it is all objects whose keys have the same first folder. */
function partOf(rest: string): string {
  // What is added for an object is its key. What is added for other parts begins with a fixed word: `/index/` for the index of a table.
  return /^\/(index|stream)\//.test(rest) || rest === "" ? rest : `${/^\/[^/]+\/(?=.)/.exec(rest)?.[0] ?? "/"}*`;
}

/** A value that `stack.ts` has or can get, with the expression for it. */
interface KnownValue {
  value: string;
  /** `ledger.tableArn` */
  expression: string;
  /** The lines that `stack.ts` does not have yet and that the expression needs. */
  preparation: string[];
}

/** The ARNs in the contracts of other domains. */
async function contractValues(run: LocalRun, stacks: Stack[], reader: Stack): Promise<KnownValue[]> {
  const owners = stacks.filter(({ domain }) => domain !== reader.domain);
  const published = owners.flatMap((owner) =>
    owner.publishes.flatMap(({ domain, version, parameters }) =>
      parameters.map((parameter) => ({ domain, parameter, name: contractParameter({ ...owner, domain }, version, parameter) })),
    ),
  );
  const values = await parameterValues(
    new SSM(clientSettings(run, reader)),
    published.map(({ name }) => name),
  );
  return published.flatMap(({ domain, parameter, name }) => {
    const value = values.get(name);
    if (!value?.startsWith("arn:")) return [];
    if (domain === foundationContract.domain) return [{ value, expression: `this.foundation.${parameter}`, preparation: [] }];
    const variable = camelCase(domain);
    const isRead = reader.reads.some((contract) => contract.domain === domain);
    const preparation = isRead ? [] : [`const ${variable} = this.read(${variable}Contract);`];
    return [{ value, expression: `${variable}.${parameter}`, preparation }];
  });
}

/** The ARNs of a stack's own resources. In `stack.ts`, a resource is reached by the names in its construct path. */
function ownArns(stack: Stack): KnownValue[] {
  const { resource: types } = JSON.parse(readFileSync(join(stack.folder, "cdk.tf.json"), "utf8"));
  const resources = readLocalState(stack)?.resources ?? [];
  return resources.flatMap(({ mode, type, name, instances }) => {
    const value = instances[0]?.attributes.arn;
    const path: string | undefined = types[type]?.[name]?.["//"]?.metadata.path;
    if (mode !== "managed" || typeof value !== "string" || path === undefined) return [];
    return [{ value, expression: `${path.split("/").slice(1).map(camelCase).join(".")}.arn`, preparation: [] }];
  });
}
