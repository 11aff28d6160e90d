import { hours } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import type { StreamWiring } from "../../../shared/triggers/stream-mapping";
import { TableTrigger, type TableTriggerProps } from "../../../shared/triggers/table-trigger";
import { ThingDone } from "../../harness/definitions";
import { referred, resource, resources, statements, synthDomain } from "../../harness/synth";

/** A table with one lambda. */
function table(props: Partial<TableTriggerProps> = {}, wiring: StreamWiring = {}, protectData = false) {
  return synthDomain(
    (stack) => {
      const lambda = new NodejsFunction(stack, "work");
      new TableTrigger(stack, "things", { event: ThingDone, partitionKey: "thing", ...props }).invokes(lambda, wiring);
    },
    { protectData },
  );
}

describe("a table with only its key set", () => {
  const { json, findings, stack } = table();
  const made = resource(json, "aws_dynamodb_table");
  const mapping = resource(json, "aws_lambda_event_source_mapping");
  const deadLetterQueue = resource(json, "aws_sqs_queue");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("is billed by request, and can be restored to any second of the last 35 days", () => {
    expect(made).toMatchObject({ billing_mode: "PAY_PER_REQUEST", point_in_time_recovery: { enabled: true } });
  });

  test("has a stream with the items before and after each change, which the mapping reads", () => {
    expect(made).toMatchObject({ stream_enabled: true, stream_view_type: "NEW_AND_OLD_IMAGES" });
    expect(mapping.event_source_arn).toMatch(/\.stream_arn\}$/);
    expect(referred(json, mapping.event_source_arn)).toBe(made);
  });

  test("reads changes that were written before the mapping was active", () => {
    expect(mapping.starting_position).toBe("TRIM_HORIZON");
  });

  test("reports the change that failed, so that the changes before it are not retried", () => {
    expect(mapping.function_response_types).toEqual(["ReportBatchItemFailures"]);
  });

  test("is not blocked by a change that always fails: retries are limited, and the dead-letter queue gets its position", () => {
    expect(mapping).toMatchObject({ bisect_batch_on_function_error: true, maximum_retry_attempts: 3 });
    expect(mapping.maximum_record_age_in_seconds).toBeLessThan(24 * 60 * 60);
    expect(referred(json, mapping.destination_config.on_failure.destination_arn)).toBe(deadLetterQueue);
  });

  test("has an alarm on that queue, which no other queue can use as its dead-letter queue", () => {
    const alarms = resources(json, "aws_cloudwatch_metric_alarm").map(({ metric_name, dimensions }) => [metric_name, dimensions]);
    expect(alarms).toContainEqual(["ApproximateNumberOfMessagesVisible", { QueueName: deadLetterQueue.name }]);
    expect(alarms).toContainEqual(["IteratorAge", expect.anything()]);
    expect(JSON.parse(deadLetterQueue.redrive_allow_policy)).toEqual({ redrivePermission: "denyAll" });
  });

  test("invokes the lambda's alias after the permissions for the stream and the dead-letter queue exist", () => {
    const policy = resource(json, "aws_iam_role_policy");
    expect(referred(json, mapping.function_name).name).toBe("current");
    expect(referred(json, `\${${mapping.depends_on[0]}.id}`)).toBe(policy);
    expect(statements(json, policy.policy)).toEqual(
      expect.arrayContaining([
        {
          actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
          resources: [expect.stringMatching(/^\$\{aws_dynamodb_table\.things_[^}]*\.arn\}\/stream\/\*$/)],
        },
        { actions: ["sqs:SendMessage"], resources: [mapping.destination_config.on_failure.destination_arn] },
      ]),
    );
  });

  test("does not let the lambda write the table that triggers it", () => {
    const actions = statements(json, resource(json, "aws_iam_role_policy").policy).flatMap((each) => each.actions);
    expect(actions.filter((action) => /Put|Update|Delete|Write/.test(action.replace("logs:PutLogEvents", "")))).toEqual([]);
  });

  test("describes its lambda, its dead-letter queue, its sample and the output with its name", () => {
    expect(stack.describe().triggers).toEqual([
      {
        id: "things",
        kind: "table",
        lambdas: ["work"],
        output: "things_table",
        deadLetterQueues: [{ name: deadLetterQueue.name, holds: "positions" }],
        event: "thing-done.v1",
        sample: ThingDone.example,
      },
    ]);
    expect(referred(json, json.output.things_table.value)).toBe(made);
  });
});

test("a table is protected against deletion only if the environment protects data", () => {
  expect(resource(table({}, {}, true).json, "aws_dynamodb_table")).toMatchObject({
    deletion_protection_enabled: true,
    lifecycle: { prevent_destroy: true },
  });
  expect(resource(table({}, {}, false).json, "aws_dynamodb_table").lifecycle).toBeUndefined();
});

test("a table declares only the attributes of its keys, because DynamoDB rejects others", () => {
  const { hash_key, range_key, attribute } = resource(table({ sortKey: "at" }).json, "aws_dynamodb_table");
  expect([hash_key, range_key]).toEqual(["thing", "at"]);
  expect(attribute).toEqual([
    { name: "thing", type: "S" },
    { name: "at", type: "S" },
  ]);
  expect(resource(table().json, "aws_dynamodb_table").attribute).toEqual([{ name: "thing", type: "S" }]);
});

test("two lambdas each get every change", () => {
  const { json, findings } = synthDomain((stack) => {
    const things = new TableTrigger(stack, "things", { event: ThingDone, partitionKey: "thing" });
    const [first, second] = [new NodejsFunction(stack, "first"), new NodejsFunction(stack, "second")];
    things.invokes(first).invokes(second);
  });
  expect(findings).toEqual([]);
  const invoked = resources(json, "aws_lambda_event_source_mapping").map((each) => referred(json, each.function_name).function_name);
  expect(new Set(invoked).size).toBe(2);
});

test("a third lambda is refused, because DynamoDB supports 2 readers of a stream", () => {
  const { findings } = synthDomain((stack) => {
    const things = new TableTrigger(stack, "things", { event: ThingDone, partitionKey: "thing" });
    for (const id of ["first", "second", "third"]) {
      const lambda = new NodejsFunction(stack, id);
      things.invokes(lambda);
    }
  });
  expect(findings).toEqual([
    expect.stringContaining("invokes 3 lambdas, but DynamoDB supports 2 readers of a stream. Let one of the lambdas send"),
  ]);
});

test("a lambda in the VPC needs no endpoint for SQS, because Lambda itself sends to the dead-letter queue", () => {
  const { findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work", { vpc: true });
    new TableTrigger(stack, "things", { event: ThingDone, partitionKey: "thing" }).invokes(lambda);
  });
  expect(findings).toEqual([]);
});

test("a maximumRecordAge as long as the retention of the stream is refused", () => {
  expect(table({}, { maximumRecordAge: hours(24) }).findings).toEqual([
    expect.stringContaining(
      "maximumRecordAge is 86400 s, but the stream keeps records for 86400 s, so a record can be deleted before it is retried. Set maximumRecordAge to at most 82800 s.",
    ),
  ]);
});

test.each([0, 10_001])("a batchSize of %d is refused, with the range", (batchSize) => {
  expect(table({}, { batchSize }).findings).toEqual([
    expect.stringContaining(`batchSize is ${batchSize}, and AWS accepts whole numbers from 1 to 10000`),
  ]);
});

test("the alarm of the dead-letter queue names the lambda's log, and says when the stream deletes a change", () => {
  const alarms = resources(table().json, "aws_cloudwatch_metric_alarm");
  const { alarm_description } = alarms.find(({ dimensions }) => dimensions.QueueName);
  expect(alarm_description).toContain("aws logs tail /aws/lambda/shop-sample-int-work ");
  expect(alarm_description).toContain(
    "The stream deletes a record 24 hours after it was written, and the retries can have used up to 12 h of that time.",
  );
});
