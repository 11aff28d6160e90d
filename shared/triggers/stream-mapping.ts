import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { type Duration, hours, minutes, seconds } from "../duration";
import { Alarm, failuresIn } from "../resources/alarm";
import type { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { deployedId } from "../stack/former-ids";
import { filterCriteria, type Pattern } from "./filter";
import type { AnyFunction } from "./trigger";

/**
 * How a lambda reads a stream.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html for all ranges
 */
export interface StreamWiring {
  /**
   * The largest number of records in one invocation, 1 to 10,000.
   * @default 100
   */
  batchSize?: number;
  /**
   * How long Lambda collects records for a batch, 0 to 300 s.
   * @default 0 s: a record does not wait for others
   */
  maxBatchingWindow?: Duration;
  /**
   * The number of batches of one shard that are processed concurrently, 1 to 10.
   * The records of one partition key stay in order.
   * @default 1
   */
  parallelizationFactor?: number;
  /**
   * How often a record that fails is retried, 0 to 10,000 times.
   * The other records of its shard wait meanwhile.
   * @default 3
   */
  maximumRetryAttempts?: number;
  /**
   * The age at which a record is no longer retried, 60 s to 7 days, and at least one hour less than the retention of the stream.
   * Lambda then sends the position of the record in the stream (shard and sequence number) to the dead-letter queue.
   * @default 12 hours
   */
  maximumRecordAge?: Duration;
  /**
   * The records that the lambda gets: those that match at least one of these patterns, 1 to 5.
   * @default all records
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
   */
  filters?: Pattern[];
}

const DEFAULT_RECORD_AGE = hours(12);

interface StreamMapping {
  lambda: AnyFunction;
  /** The stream, for the description of an alarm: `the stream shop-orders-int-happenings`. */
  stream: string;
  /** The ARN of the stream, or of a consumer of the stream. */
  eventSourceArn: string;
  /** The queue for the positions of records that fail. */
  deadLetterQueue: DeadLetterQueue;
  /** How long the stream keeps records. */
  retention: Duration;
  wiring: StreamWiring;
}

/**
 * Lets a lambda read a stream in order. A record that fails is split from its batch, retried a few times and then skipped:
 * the dead-letter queue gets its position, and the lambda goes on with the next record.
 */
export function addStreamMapping(scope: Construct, mapping: StreamMapping): void {
  const { lambda, stream, eventSourceArn, deadLetterQueue, retention, wiring } = mapping;
  const {
    batchSize = 100,
    maxBatchingWindow = seconds(0),
    parallelizationFactor = 1,
    maximumRetryAttempts = 3,
    maximumRecordAge = DEFAULT_RECORD_AGE,
    filters,
  } = wiring;
  checkRange(scope, { batchSize }, { min: 1, max: 10_000 });
  checkRange(scope, { maxBatchingWindow }, { min: 0, max: 300, unit: "s" });
  checkRange(scope, { parallelizationFactor }, { min: 1, max: 10 });
  checkRange(scope, { maximumRetryAttempts }, { min: 0, max: 10_000 });
  checkRange(scope, { maximumRecordAge }, { min: 60, max: 604_800, unit: "s" });
  const longestRecordAge = retention - hours(1);
  if (maximumRecordAge > longestRecordAge) {
    const values = `maximumRecordAge is ${maximumRecordAge} s, but the stream keeps records for ${retention} s`;
    addFinding(scope, `${values}, so a record can be deleted before it is retried. Set maximumRecordAge to at most ${longestRecordAge} s.`);
  }

  lambda.grant(["sqs:SendMessage"], deadLetterQueue.queue.arn);
  new LambdaEventSourceMapping(scope, `${deployedId(lambda)}-mapping`, {
    functionName: lambda.alias.arn,
    eventSourceArn,
    startingPosition: "TRIM_HORIZON",
    batchSize,
    maximumBatchingWindowInSeconds: maxBatchingWindow,
    parallelizationFactor,
    functionResponseTypes: ["ReportBatchItemFailures"],
    // Without these limits, a record that always fails blocks its shard until the stream deletes the record.
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts,
    maximumRecordAgeInSeconds: maximumRecordAge,
    destinationConfig: { onFailure: { destinationArn: deadLetterQueue.queue.arn } },
    filterCriteria: filterCriteria(scope, filters),
    // Lambda rejects the mapping while the execution role does not have the permission to read the stream.
    dependsOn: [lambda.policy],
  });
  const { deployedStack, project } = DomainStack.of(scope);
  new Alarm(scope, `${deployedId(lambda)}-late`, {
    metric: ["AWS/Lambda", "IteratorAge", "FunctionName", lambda.function.functionName],
    statistic: "Maximum",
    threshold: minutes(30) * 1000,
    period: minutes(5),
    description: [
      `The lambda ${deployedId(lambda)} is more than 30 minutes behind ${stream}.`,
      `Records that it does not read within ${retention / hours(1)} hours after they were written are lost.`,
      `Read its log: ${failuresIn(scope, lambda.logGroupName)}.`,
      `If the log has no line, see whether the mapping is enabled: aws lambda list-event-source-mappings --function-name ${lambda.functionName}:current --region ${project.region}.`,
      "If the lambda fails, fix the cause.",
      "If the alarm on its throttles fires too, do what that alarm says.",
      `If the lambda is only slow, raise its memorySize in its stack.ts and run npm run deploy -- ${deployedStack}.`,
      "Raise parallelizationFactor only if that is not enough, because then npm run redrive may be unable to replay records that fail.",
    ].join(" "),
  });
}

/** When positions in a dead-letter queue become worthless, for the description of its alarm. */
export function positionsDeadline(retention: Duration, wirings: StreamWiring[]): string {
  // The age is a token if only Terraform knows it.
  const recordAges = wirings.map(({ maximumRecordAge = DEFAULT_RECORD_AGE }) => maximumRecordAge).filter((age) => !Token.isUnresolved(age));
  const recordAge = seconds(Math.max(0, ...recordAges));
  const retained = retention / hours(1);
  return [
    `The stream deletes a record ${retained} hours after it was written, and the retries can have used up to ${rounded(recordAge)} of that time.`,
    'If you cannot fix the cause in time, save the records first: docs/redrive.md, "Positions expire".',
  ].join(" ");
}

function rounded(duration: Duration): string {
  return duration < hours(2) ? `${Math.ceil(duration / minutes(1))} min` : `${Math.ceil(duration / hours(1))} h`;
}
