import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { paginateDescribeParameters, type SSM } from "@aws-sdk/client-ssm";
import { deployedIdentity, RECORD_HEAD, recordParameter, type StackIdentity } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { parameterValues } from "../aws/parameter-values";
import { parseJson } from "../cli/json";
import type { DeployedRecord, RecordDetails, RecordHead } from "./deployed-record";

/**
 * The records of what runs, as SSM parameters of the environment: every account has SSM, wherever the state is. A record is a head, which
 * decides, and details, which explain. The head is one parameter, so that it is replaced at once.
 */

/**
 * The size limit of a parameter in SSM's standard tier, which is free.
 * @see https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const MOST_CHARACTERS = 4096;

/** What the place of a record depends on. */
export type RecordedStack = Pick<Stack, "stack" | "project" | "domain" | "formerly" | "environment">;

/** What is in the head beside what {@link RecordHead} says: how to find the details, and how to tell whether they belong to it. */
interface StoredHead extends RecordHead {
  parts: number;
  detailsHash: string;
}

/**
 * The records of these stacks, by the id of the stack. A stack that was never deployed by the commands of this project has none.
 * @param ssm with credentials of the stacks' account. All stacks are in one account.
 */
export async function readRecords(ssm: SSM, stacks: RecordedStack[]): Promise<Map<string, DeployedRecord>> {
  const identities = new Map(stacks.map((stack) => [stack.stack, deployedIdentity(stack)]));
  const heads = await readHeads(ssm, identities);
  const partsOf = ([id, { parts }]: [string, StoredHead]) => partNames(identities.get(id) as StackIdentity, parts);
  const values = await parameterValues(ssm, [...heads].flatMap(partsOf));
  return new Map(
    [...heads].map((entry) => {
      const [id, { parts: _, detailsHash, ...head }] = entry;
      const text = partsOf(entry).map((name) => values.get(name) ?? "");
      return [id, { ...head, details: detailsIn(text.join(""), detailsHash) }];
    }),
  );
}

async function readHeads(ssm: SSM, identities: Map<string, StackIdentity>): Promise<Map<string, StoredHead>> {
  const nameOf = (identity: StackIdentity) => recordParameter(identity, RECORD_HEAD);
  const values = await parameterValues(ssm, [...identities.values()].map(nameOf));
  return new Map(
    [...identities].flatMap(([id, identity]) => {
      const head = parseJson(values.get(nameOf(identity)));
      return head === undefined ? [] : [[id, head] as const];
    }),
  );
}

/** Writes the record of a stack. The head comes last: until then, the record before it is in force. */
export async function writeRecord(ssm: SSM, stack: Stack, { details, ...head }: DeployedRecord): Promise<void> {
  const identity = deployedIdentity(stack);
  const put = (part: string | number, Value: string) =>
    ssm.putParameter({ Name: recordParameter(identity, part), Value, Type: "String", Overwrite: true });
  const text = details === undefined ? "" : gzipSync(JSON.stringify(details)).toString("base64");
  const parts = text.match(new RegExp(`.{1,${MOST_CHARACTERS}}`, "g")) ?? [];
  for (const [index, part] of parts.entries()) await put(index + 1, part);
  await put(RECORD_HEAD, JSON.stringify({ ...head, parts: parts.length, detailsHash: hashOf(text) } satisfies StoredHead));
}

/** Undefined if the parts are not those that were written with the head. */
function detailsIn(text: string, expected: string): RecordDetails | undefined {
  if (text === "" || hashOf(text) !== expected) return undefined;
  return parseJson(gunzipSync(Buffer.from(text, "base64")).toString());
}

function partNames(identity: StackIdentity, parts: number): string[] {
  return Array.from({ length: parts }, (_, index) => recordParameter(identity, index + 1));
}

/** The domains that have a record in an environment, by the name with which they were first deployed. */
export async function recordedDomains(ssm: SSM, { project, environment }: Pick<Stack, "project" | "environment">): Promise<string[]> {
  const nameOf = (domain: string) => recordParameter({ project, environment, domain }, RECORD_HEAD);
  const [prefix = "", suffix = ""] = nameOf("*").split("*");
  const filter = { Key: "Name", Option: "Contains", Values: [suffix] };
  const domains: string[] = [];
  for await (const { Parameters = [] } of paginateDescribeParameters({ client: ssm }, { ParameterFilters: [filter] })) {
    for (const { Name = "" } of Parameters) {
      if (Name.startsWith(prefix) && Name.endsWith(suffix)) domains.push(Name.slice(prefix.length, -suffix.length));
    }
  }
  return domains.sort();
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
