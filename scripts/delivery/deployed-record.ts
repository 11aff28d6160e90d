import { createHash } from "node:crypto";
import type { StackDescription } from "../../shared/stack-description";
import type { StackContents } from "../artifact/contents";
import type { StateVersion } from "../terraform/state-version";

/**
 * The record of what runs: each stack has one in its environment. It is written after an apply, and says all that a command has to know
 * about the stack as it is deployed, so that no old commit has to be synthesized.
 */
export interface DeployedRecord extends RecordHead {
  /**
   * What explains a difference. Undefined if a command was killed while it wrote the record: what runs is known then, but not how it differs.
   */
  details?: RecordDetails;
}

/** What identifies the stack that runs. */
export interface RecordHead {
  /** The id of the stack when it was deployed. */
  stack: string;
  /** The commit that it was synthesized from. */
  commit: string;
  /** Whether there were changes in the checkout that no commit has. */
  isDirty: boolean;
  /** When the apply ended, in ISO 8601. */
  deployedAt: string;
  /** Of the stack in the artifact. */
  fingerprint: string;
  /** The same without the provider lock. */
  build: string;
  /** A hash of the values of all contracts that the stack read. */
  contracts: string;
  /** The version of the state after the apply. Another version means that something else has changed the stack since. */
  state?: StateVersion;
  /** What ran before, the latest first. */
  history: Deployed[];
  /** Present if deliveries must leave the stack as it is. */
  hold?: Hold;
}

/** What ran at some time. */
export interface Deployed {
  commit: string;
  /** Whether there were changes in the checkout that no commit has. Nobody can synthesize it again then. */
  isDirty: boolean;
  /** Of the stack in the artifact, without the provider lock. */
  build: string;
  deployedAt: string;
}

/** Deliveries leave a stack alone that somebody has rolled back, until it is released. */
export interface Hold {
  /** The commit that ran before the rollback. */
  rolledBackFrom: string;
  since: string;
}

export interface RecordDetails extends Pick<StackContents, "blocks" | "zips" | "lock"> {
  /** The value of every contract parameter that the stack read, by its name in SSM. */
  contractValues: Record<string, string>;
  /** Of `domain.json`: what other stacks, and messages in flight, rely on. */
  description: DeployedDescription;
}

/** The part of `domain.json` that matters after the deployment. */
export type DeployedDescription = Pick<
  StackDescription,
  "domain" | "formerly" | "environment" | "lambdas" | "publishes" | "reads" | "events"
>;

/** Deployments that the history of a record keeps. The record's head must fit in one SSM parameter of 4 KB. */
const LONGEST_HISTORY = 12;

/** What is deployed now. */
export interface Deployment {
  stack: StackDescription;
  contents: StackContents;
  commit: string;
  isDirty: boolean;
  contractValues: Record<string, string>;
  state: StateVersion | undefined;
  hold?: Hold;
}

/** The record of a deployment that has just ended. */
export function recordOf(deployment: Deployment, previous: DeployedRecord | undefined, now = new Date()): DeployedRecord {
  const { stack, contents, commit, isDirty, contractValues, state, hold } = deployment;
  const { fingerprint, build, ...hashes } = contents;
  const { domain, formerly, environment, lambdas, publishes, reads, events } = stack;
  const isAgain = previous?.build === build && previous.commit === commit;
  const history = previous === undefined ? [] : isAgain ? previous.history : [deployedIn(previous), ...previous.history];
  return {
    stack: stack.stack,
    commit,
    isDirty,
    deployedAt: now.toISOString(),
    fingerprint,
    build,
    contracts: hashOfValues(contractValues),
    ...(state && { state: { ...(state.lineage !== undefined && { lineage: state.lineage }), serial: state.serial } }),
    history: history.slice(0, LONGEST_HISTORY),
    ...(hold && { hold }),
    details: {
      ...hashes,
      contractValues,
      description: { domain, ...(formerly !== undefined && { formerly }), environment, lambdas, publishes, reads, events },
    },
  };
}

function deployedIn({ commit, isDirty, build, deployedAt }: DeployedRecord): Deployed {
  return { commit, isDirty, build, deployedAt };
}

/** A hash of contract values that does not depend on their order. */
export function hashOfValues(values: Record<string, string>): string {
  const sorted = Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

/** Whether nothing has changed the state of a stack since the record was written. */
export function hasRecordedState({ state }: RecordHead, found: StateVersion | undefined): boolean {
  return state?.serial === found?.serial && state?.lineage === found?.lineage;
}
