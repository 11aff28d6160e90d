import type { Contract } from "./contract";

/** The alias that triggers invoke, in every environment. It is the version that the last deploy published. */
export const LAMBDA_ALIAS = "current";

/** The content of `domain.json`, beside each stack's `cdk.tf.json`. It is the only thing that commands know about a domain. */
export interface StackDescription {
  /** `<domain>-<environment>` */
  stack: string;
  project: string;
  /** The name of the folder in `domains/`, or `shared`. */
  domain: string;
  /** The domain's name when it was first deployed, of which all names are made. Absent unless the domain was renamed since then. */
  formerly?: string;
  environment: string;
  /** The id of the AWS account, 12 digits. */
  account: string;
  region: string;
  triggers: TriggerDescription[];
  lambdas: LambdaDescription[];
  secrets: SecretDescription[];
  publishes: Contract[];
  /** The contracts that the stack reads. Each lists only the parameters that the stack uses. */
  reads: Contract[];
  /** The events that the domain's `contract.ts` exports. */
  events: EventDescription[];
  /** The resources that may break a convention. Absent when there are none. */
  exceptions?: ExceptionDescription[];
}

export interface TriggerDescription {
  /** The id of the construct: `placed`. */
  id: string;
  kind: "bucket" | "bus" | "http-api" | "queue" | "schedule" | "stream" | "table" | "topic";
  /** The names of the lambdas that it invokes. */
  lambdas: string[];
  /** The Terraform output that has its address: the endpoint of an API, the URL of a queue, the name of a bus or a table. */
  output: string;
  /** The queues for events that could not be delivered or handled. Empty if the caller gets the error. */
  deadLetterQueues: DeadLetterQueueDescription[];
  /** The domain that sends the events, if no contract says so: the domain that sends to a bus. */
  from?: string;
  /** The type of the event that its lambdas receive: `order-placed.v1`. */
  event?: string;
  /** A valid event to send to it. */
  sample?: unknown;
}

export interface DeadLetterQueueDescription {
  name: string;
  /**
   * The kind of the queue's messages:
   * - `messages` of the queue `source`
   * - `deliveries`: events that AWS could not deliver to a lambda
   * - `invocations`: Lambda's records of events that a lambda failed to handle
   * - `positions` of records in a stream that a lambda failed to handle
   */
  holds: "messages" | "deliveries" | "invocations" | "positions";
  /** The lambda that should receive the messages, if they do not name it themselves. */
  lambda?: string;
  /** The name of the queue that the messages come from. */
  source?: string;
}

/** The sample request of an HTTP API. */
export interface HttpSample {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface LambdaDescription {
  /** The name of the file, without its ending: `record-order`. */
  name: string;
  functionName: string;
  /** The name of the log group. */
  logGroup: string;
  /** Days that the log group keeps its events. Present only if the lambda has its own setting instead of the environment's. */
  logRetentionDays?: number;
  /** The file that exports the handler, relative to the root of the project. */
  source: string;
  /** The zip file, relative to the folder of the stack. */
  zip: string;
  /** The files of the project that the zip was made of, relative to its root, sorted. */
  files: string[];
  /** The npm packages that the zip was made of, with their versions, sorted: `zod@4.6.7`. */
  packages: string[];
}

/** A secret, whose value `npm run secret` sets. */
export interface SecretDescription {
  /** The id of the construct: `mailer-key`. */
  name: string;
  /** The SSM parameter that has the value. */
  parameter: string;
}

export interface EventDescription {
  name: string;
  version: number;
  /** The JSON Schema of the values that a receiver accepts. A field with a default is not required. */
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
