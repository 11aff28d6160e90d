import { Lazy } from "cdktf";
import { type Duration, days, hours, minutes, seconds } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { type KinesisWiring, StreamTrigger, type StreamTriggerProps } from "../../../shared/triggers/stream-trigger";
import { ThingDone } from "../../harness/definitions";
import { referred, resource, resources, statements, synthDomain } from "../../harness/synth";

/** A stream with one lambda. */
function stream(props: Partial<StreamTriggerProps> = {}, wiring: KinesisWiring = {}) {
  return synthDomain((stack) => {
    new StreamTrigger(stack, "things", { event: ThingDone, ...props }).invokes(new NodejsFunction(stack, "work"), wiring);
  });
}

describe("a stream with no option set", () => {
  const { json, findings, stack } = stream();
  const made = resource(json, "aws_kinesis_stream");
  const mapping = resource(json, "aws_lambda_event_source_mapping");
  const deadLetterQueue = resource(json, "aws_sqs_queue");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("is encrypted and on demand, and keeps records for 24 hours", () => {
    expect(made).toMatchObject({
      encryption_type: "KMS",
      kms_key_id: "alias/aws/kinesis",
      stream_mode_details: { stream_mode: "ON_DEMAND" },
      retention_period: 24,
    });
    expect(made.shard_count).toBeUndefined();
  });

  test("is not blocked by a record that always fails: retries and age are limited, and the dead-letter queue gets its position before the stream deletes it", () => {
    expect(mapping).toMatchObject({
      bisect_batch_on_function_error: true,
      maximum_retry_attempts: 3,
      function_response_types: ["ReportBatchItemFailures"],
      starting_position: "TRIM_HORIZON",
    });
    expect(mapping.maximum_record_age_in_seconds).toBeLessThan(made.retention_period * 3600);
    expect(referred(json, mapping.destination_config.on_failure.destination_arn)).toBe(deadLetterQueue);
  });

  test("has an alarm on that queue, and an alarm on records that wait for too long", () => {
    const alarms = resources(json, "aws_cloudwatch_metric_alarm").map(({ metric_name, dimensions }) => [metric_name, dimensions]);
    expect(alarms).toContainEqual(["ApproximateNumberOfMessagesVisible", { QueueName: deadLetterQueue.name }]);
    expect(alarms).toContainEqual(["IteratorAge", { FunctionName: expect.stringContaining("aws_lambda_function.work") }]);
  });

  test("lets the lambda read this stream, and write to no stream", () => {
    const actions = statements(json, resource(json, "aws_iam_role_policy").policy).filter(({ resources: [arn] }) =>
      /kinesis_stream/.test(arn),
    );
    expect(actions).toEqual([
      {
        actions: expect.arrayContaining(["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]),
        resources: [mapping.event_source_arn],
      },
    ]);
    expect(actions[0].actions.filter((action: string) => /Put|\*/.test(action))).toEqual([]);
  });

  test("describes its lambda, its dead-letter queue, its sample and the output with its name", () => {
    expect(stack.describe().triggers).toEqual([
      {
        id: "things",
        kind: "stream",
        lambdas: ["work"],
        output: "things_stream",
        deadLetterQueues: [{ name: deadLetterQueue.name, holds: "positions" }],
        event: "thing-done.v1",
        sample: ThingDone.example,
      },
    ]);
  });
});

test("shards is the number of shards of a provisioned stream", () => {
  expect(resource(stream({ shards: 2 }).json, "aws_kinesis_stream")).toMatchObject({
    shard_count: 2,
    stream_mode_details: { stream_mode: "PROVISIONED" },
  });
});

test("with enhancedFanOut, the lambda reads through a consumer of its own", () => {
  const { json } = stream({}, { enhancedFanOut: true });
  const mapping = resource(json, "aws_lambda_event_source_mapping");
  const consumer = resource(json, "aws_kinesis_stream_consumer");
  expect(referred(json, mapping.event_source_arn)).toBe(consumer);
  expect(statements(json, resource(json, "aws_iam_role_policy").policy)).toContainEqual({
    actions: ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"],
    resources: [mapping.event_source_arn],
  });
});

test("a filter reaches the mapping as JSON", () => {
  const { json, findings } = stream({}, { filters: [{ data: { thing: ["one"] } }] });
  expect(findings).toEqual([]);
  const { filter } = resource(json, "aws_lambda_event_source_mapping").filter_criteria;
  expect(filter.map(({ pattern }: { pattern: string }) => JSON.parse(pattern))).toEqual([{ data: { thing: ["one"] } }]);
});

test.each<[Partial<StreamTriggerProps>, KinesisWiring, RegExp]>([
  [{ shards: 0 }, {}, /shards is 0, and AWS accepts whole numbers from 1/],
  [{ retention: hours(14) }, {}, /retention is 50400 s, and AWS accepts whole numbers from 86400 to 31536000 s/],
  [{ retention: days(366) }, {}, /retention/],
  [
    { retention: minutes(24 * 60 + 1) },
    {},
    /retention is 86460 s, but AWS accepts whole hours only, and .*\. Set it with hours\(…\) or days\(…\)\./,
  ],
  [{}, { batchSize: 10_001 }, /batchSize is 10001/],
  [{}, { parallelizationFactor: 11 }, /parallelizationFactor is 11, and AWS accepts whole numbers from 1 to 10/],
  [{}, { maximumRetryAttempts: -1 }, /maximumRetryAttempts is -1, and AWS accepts whole numbers from 0/],
  [{}, { maximumRecordAge: seconds(59) }, /maximumRecordAge is 59 s/],
  [
    {},
    { maximumRecordAge: hours(24) },
    /maximumRecordAge is 86400 s, but the stream keeps records for 86400 s, .* Set maximumRecordAge to at most 82800 s\./,
  ],
  [{}, { maxBatchingWindow: seconds(301) }, /maxBatchingWindow is 301 s/],
  [{}, { filters: [] }, /filters has 0 patterns, but AWS accepts 1 to 5\. To get all events, leave filters out\./],
])("the options %j with the wiring %j are refused", (props, wiring, message) => {
  expect(stream(props, wiring).findings).toEqual([expect.stringMatching(message)]);
});

test("a maximumRecordAge can be longer than a day if the stream keeps records for longer", () => {
  expect(stream({ retention: days(7) }, { maximumRecordAge: days(6) }).findings).toEqual([]);
});

test("a retention that only Terraform knows is refused, because the check of maximumRecordAge needs it", () => {
  const retention = Lazy.numberValue({ produce: () => days(2) }) as Duration;
  expect(stream({ retention }).findings).toContainEqual(
    expect.stringMatching(/retention is .*, and the value must be known at synth time/),
  );
});

test("values that only Terraform knows are accepted", () => {
  const later = Lazy.numberValue({ produce: () => 1 });
  expect(stream({ shards: later }, { batchSize: later, parallelizationFactor: later }).findings).toEqual([]);
});

test("the alarm of the dead-letter queue names the lambda's log, and says when the stream deletes a record", () => {
  const alarms = resources(stream({ retention: days(2) }).json, "aws_cloudwatch_metric_alarm");
  const { alarm_description } = alarms.find(({ dimensions }) => dimensions.QueueName);
  expect(alarm_description).toContain("aws logs tail /aws/lambda/shop-sample-int-work ");
  expect(alarm_description).toContain(
    "The stream deletes a record 48 hours after it was written, and the retries can have used up to 12 h of that time.",
  );
});

test("the alarm on late records says how late, when records are lost, and what to raise first", () => {
  const alarms = resources(stream({ retention: days(2) }).json, "aws_cloudwatch_metric_alarm");
  const { alarm_description } = alarms.find(({ metric_name }) => metric_name === "IteratorAge");
  expect(alarm_description).toContain("The lambda work is more than 30 minutes behind the stream shop-sample-int-things.");
  expect(alarm_description).toContain("not read within 48 hours after they were written are lost.");
  expect(alarm_description).toMatch(/memorySize .* Raise parallelizationFactor only if that is not enough/);
});

test("the alarm of the dead-letter queue says how much of the retention the retries can have used", () => {
  const used = (maximumRecordAge: Duration) => {
    const alarms = resources(stream({}, { maximumRecordAge }).json, "aws_cloudwatch_metric_alarm");
    const { alarm_description } = alarms.find(({ dimensions }) => dimensions.QueueName);
    return /can have used up to (.*) of that time/.exec(alarm_description)?.[1];
  };
  expect([used(minutes(1)), used(minutes(90)), used(hours(20))]).toEqual(["1 min", "90 min", "20 h"]);
});
