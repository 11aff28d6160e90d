import type { Contract } from "./contract";

/** The alias that triggers invoke: the version that the last deploy published. One name in every environment. */
export const LAMBDA_ALIAS = "current";

/** `domain.json`, beside each stack's `cdk.tf.json`. The commands know of domains only what stands here. */
export interface StackDescription {
  /** `<domain>-<environment>` */
  stack: string;
  project: string;
  domain: string;
  environment: string;
  account: string;
  region: string;
  triggers: TriggerDescription[];
  lambdas: LambdaDescription[];
  secrets: SecretDescription[];
  publishes: Contract[];
  /** Of each, only the parameters that are used. */
  reads: Contract[];
  /** Those that the domain's `contract.ts` exports. */
  events: EventDescription[];
  /** The resources that may break a convention. Absent when there are none. */
  exceptions?: ExceptionDescription[];
}

export interface TriggerDescription {
  /** The construct's id: `placed`. */
  id: string;
  kind: "bucket" | "bus" | "http-api" | "queue" | "schedule" | "stream" | "table" | "topic";
  /** Names of the lambdas it invokes. */
  lambdas: string[];
  /** Terraform output that holds its address: an API's endpoint, a queue's URL, a bus's or a table's name. */
  output: string;
  /** Where events end that could not be delivered or handled. None where the caller gets the error. */
  deadLetterQueues: DeadLetterQueueDescription[];
  /** The domain whose events it gets, where no contract says so: that of a bus. */
  from?: string;
  /** What it hands to its lambdas: `order-placed.v1`. */
  event?: string;
  /** Something valid to send it. */
  sample?: unknown;
}

export interface DeadLetterQueueDescription {
  name: string;
  /**
   * What its messages are: `messages` of the queue `source`; `deliveries`, events that AWS could not hand to a
   * lambda; `invocations`, Lambda's records of what a lambda failed on; `positions` of records in a stream.
   */
  holds: "messages" | "deliveries" | "invocations" | "positions";
  /** The lambda that should get them, where they do not say so themselves. */
  lambda?: string;
  /** Name of the queue that messages come from. */
  source?: string;
}

/** The sample of an HTTP API. */
export interface HttpSample {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface LambdaDescription {
  /** The file's name, without its ending. */
  name: string;
  functionName: string;
  logGroup: string;
  /** Days that the log group keeps its events. Present only when the lambda's own option replaces that of its environment. */
  logRetentionDays?: number;
  /** From the root of the project. */
  source: string;
  /** Relative to the stack's folder. */
  zip: string;
}

/** A value that `npm run secret` sets. */
export interface SecretDescription {
  /** The construct's id: `mailer-key`. */
  name: string;
  /** The SSM parameter that holds it. */
  parameter: string;
}

export interface EventDescription {
  name: string;
  version: number;
  /** JSON Schema of what a receiver takes: a field with a default is not required. */
  schema: Record<string, unknown>;
}

/** An exception to a rule of `conventions/`, made by `allowException`. */
export interface ExceptionDescription {
  /** Id of the convention: `log-retention`. */
  convention: string;
  /** Path of the construct in the stack: `record-order/log-group`. Empty for the whole stack. */
  construct: string;
  /** Terraform addresses: `aws_cloudwatch_log_group.record-order_log-group_5A1B2C3D`. Those of data sources begin with `data.`. */
  resources: string[];
  because: string;
}
