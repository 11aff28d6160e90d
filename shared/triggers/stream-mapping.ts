import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import type { Construct } from "constructs";
import { type Duration, hours, minutes, seconds } from "../duration";
import { Alarm } from "../resources/alarm";
import type { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { filterCriteria, type Pattern } from "./filter";
import type { AnyFunction } from "./trigger";

/** How a lambda reads a stream. Limits: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
export interface StreamWiring {
  /** Records that one invocation gets at most, 1 to 10,000. @default 100 */
  batchSize?: number;
  /** How long records are gathered for a batch, 0 to 300 s. @default 0 s: none waits */
  maxBatchingWindow?: Duration;
  /** Batches of one shard at once, 1 to 10; those of one partition key stay in order. @default 1 */
  parallelizationFactor?: number;
  /** Retries of a record that fails, 0 to 10,000; endless ones would stop its shard. @default 3 */
  maximumRetryAttempts?: number;
  /** An older record is passed over and noted, 60 s to 7 days, and an hour less than the stream keeps it. @default 12 h */
  maximumRecordAge?: Duration;
  /** Passes over records that fit none of these patterns, 1 to 5. @default it gets all */
  filters?: Pattern[];
}

/** Lets a lambda read a stream in order: one bad record is tried apart from its neighbours, a few times, and then noted in a queue. */
export function addStreamMapping(
  scope: Construct,
  lambda: AnyFunction,
  eventSourceArn: string,
  deadLetterQueue: DeadLetterQueue,
  retention: Duration,
  wiring: StreamWiring,
): void {
  const { batchSize = 100, maxBatchingWindow = seconds(0), parallelizationFactor = 1 } = wiring;
  const { maximumRetryAttempts = 3, maximumRecordAge = hours(12), filters } = wiring;
  checkRange(scope, "batchSize", batchSize, 1, 10_000);
  checkRange(scope, "maxBatchingWindow", maxBatchingWindow, 0, 300, " s");
  checkRange(scope, "parallelizationFactor", parallelizationFactor, 1, 10);
  checkRange(scope, "maximumRetryAttempts", maximumRetryAttempts, 0, 10_000);
  checkRange(scope, "maximumRecordAge", maximumRecordAge, 60, 604_800, " s");
  if (maximumRecordAge > retention - hours(1)) {
    const fix = `give at most ${retention - hours(1)} s, or the stream forgets a record before it is noted`;
    addFinding(scope, `maximumRecordAge is ${maximumRecordAge} s, and the stream keeps records ${retention} s; ${fix}`);
  }

  lambda.grant(["sqs:SendMessage"], deadLetterQueue.queue.arn);
  new LambdaEventSourceMapping(scope, `${lambda.node.id}-mapping`, {
    functionName: lambda.alias.arn,
    eventSourceArn,
    startingPosition: "TRIM_HORIZON",
    batchSize,
    maximumBatchingWindowInSeconds: maxBatchingWindow,
    parallelizationFactor,
    functionResponseTypes: ["ReportBatchItemFailures"],
    // Without these one bad record stops its shard until the stream forgets it.
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts,
    maximumRecordAgeInSeconds: maximumRecordAge,
    destinationConfig: { onFailure: { destinationArn: deadLetterQueue.queue.arn } },
    filterCriteria: filterCriteria(scope, filters),
    // Lambda refuses a mapping whose role may not read the stream yet.
    dependsOn: [lambda.policy],
  });
  new Alarm(scope, `${lambda.node.id}-late`, {
    metric: ["AWS/Lambda", "IteratorAge", "FunctionName", lambda.function.functionName],
    statistic: "Maximum",
    threshold: minutes(30) * 1000,
    period: minutes(5),
    description: `${lambda.node.id} reads records of ${scope.node.id} half an hour after they were written. Look for "failed" in its log; if it is only slow, give it more memorySize or a parallelizationFactor.`,
  });
}
