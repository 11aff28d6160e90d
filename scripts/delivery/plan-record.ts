import { createHash } from "node:crypto";
import type { Plan, RunOfPlan } from "../terraform/plan";
import type { StateVersion } from "../terraform/state-version";
import type { Reason } from "./reasons";

/** What a plan is made with, as far as it is known before the plan. */
export interface PlanContext {
  stack: string;
  /** The id of the account. */
  account: string;
  region: string;
  /** The commit that was synthesized. */
  commit: string;
  /** Whether there were changes that no commit has. */
  isDirty: boolean;
  /** The commit that ran when the plan was made. Absent if none did. */
  base?: string;
  /** The version of Terraform. */
  terraform: string;
  /** The version of the state. Absent if the stack had none. */
  state?: StateVersion;
  /** The values of the contracts that were read, by the name of the parameter. */
  contractValues: Record<string, string>;
}

/**
 * What stands beside a saved plan: everything that must be the same when the plan is applied, and what a reviewer saw. It has no value
 * that is secret.
 */
export interface PlanRecord extends PlanContext {
  /** Terraform's workspace. */
  workspace: string;
  /** Of the stack in the artifact. */
  fingerprint: string;
  /** The SHA-256 of the provider lock file with which Terraform planned. */
  lockFile: string;
  /** The run on the server of HCP Terraform that made the plan. Absent if Terraform planned on this machine. */
  run?: RunOfPlan;
  /** The SHA-256 of the file with the plan. */
  plan: string;
  plannedAt: string;
  /** What the reviewer saw. */
  summary: Pick<Plan, "changes" | "dangers" | "existing" | "isEmpty"> & { reasons: Reason[] };
}

/** A saved plan: its record, and the files that an apply needs. */
export interface SavedPlan {
  record: PlanRecord;
  /** The text of the record, byte for byte. */
  recordText: string;
  /** The file that Terraform wrote. It holds values in clear text, unless it is the bookmark of a run. */
  plan: Buffer;
  /** The provider lock file. */
  lockFile: Buffer;
}

export function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}
