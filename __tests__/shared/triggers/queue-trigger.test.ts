import { Lazy } from "cdktf";
import * as fc from "fast-check";
import type { DomainStack } from "../../../shared/domain-stack";
import { type Duration, days, hours, minutes, seconds } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { QueueTrigger, type QueueTriggerProps, type QueueWiring } from "../../../shared/triggers/queue-trigger";
import { ThingDone } from "../../harness/definitions";
import { type Json, referred, resource, resources, statements, synthDomain } from "../../harness/synth";

/** A queue with one lambda that may run for 20 s. */
function queue(props: Partial<QueueTriggerProps> = {}, wiring: QueueWiring = {}) {
  return synthDomain((stack: DomainStack) => {
    const lambda = new NodejsFunction(stack, "work", { timeout: seconds(20) });
    new QueueTrigger(stack, "things", { event: ThingDone, ...props }).invokes(lambda, wiring);
  });
}

const mainQueue = (json: Json) => resources(json, "aws_sqs_queue").find(({ name }) => !name.endsWith("-dlq"));
const deadLetterQueue = (json: Json) => resources(json, "aws_sqs_queue").find(({ name }) => name.endsWith("-dlq"));

describe("a queue with no option set", () => {
  const { json, findings, stack } = queue();
  const mapping = resource(json, "aws_lambda_event_source_mapping");

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("hides a message for six times the lambda's timeout", () => {
    expect(mainQueue(json).visibility_timeout_seconds).toBe(120);
  });

  test("sends what failed five times to its own dead-letter queue, and only it may", () => {
    expect(JSON.parse(mainQueue(json).redrive_policy.replace(/\$\{[^}]*\}/, "dlq"))).toEqual({
      deadLetterTargetArn: "dlq",
      maxReceiveCount: 5,
    });
    expect(referred(json, mainQueue(json).redrive_policy)).toBe(deadLetterQueue(json));
    expect(JSON.parse(deadLetterQueue(json).redrive_allow_policy)).toEqual({
      redrivePermission: "byQueue",
      sourceQueueArns: [`arn:aws:sqs:eu-west-1:111111111111:${mainQueue(json).name}`],
    });
  });

  test("keeps messages shorter than its dead-letter queue, which counts from when they were sent", () => {
    expect(mainQueue(json).message_retention_seconds).toBeLessThan(deadLetterQueue(json).message_retention_seconds);
  });

  test("is encrypted, and so is its dead-letter queue", () => {
    for (const each of resources(json, "aws_sqs_queue")) expect(each.sqs_managed_sse_enabled).toBe(true);
  });

  test("takes requests by TLS only, and so does its dead-letter queue", () => {
    for (const each of resources(json, "aws_sqs_queue")) {
      expect(JSON.parse(each.policy).Statement).toEqual([
        {
          Effect: "Deny",
          Principal: "*",
          Action: "sqs:*",
          Resource: `arn:aws:sqs:eu-west-1:111111111111:${each.name}`,
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ]);
    }
  });

  test("reports the messages of a batch that failed, so that the others are done", () => {
    expect(mapping.function_response_types).toEqual(["ReportBatchItemFailures"]);
  });

  test("invokes the lambda's alias, in batches that need no window", () => {
    expect(referred(json, mapping.function_name).name).toBe("current");
    expect(mapping.batch_size).toBe(10);
    expect(mapping.maximum_batching_window_in_seconds).toBe(0);
  });

  test("lets the lambda receive and delete its messages, and is wired only when it may", () => {
    const policy = resource(json, "aws_iam_role_policy");
    expect(statements(json, policy.policy)).toContainEqual({
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [mapping.event_source_arn],
    });
    expect(referred(json, `\${${mapping.depends_on[0]}.id}`)).toBe(policy);
  });

  test("tells its lambda, its dead-letter queue, its sample and the output that holds its address", () => {
    expect(stack.describe().triggers).toEqual([
      {
        id: "things",
        kind: "queue",
        lambdas: ["work"],
        output: "things_queue",
        deadLetterQueues: [{ name: deadLetterQueue(json).name, holds: "messages", source: mainQueue(json).name }],
        event: "thing-done.v1",
        sample: ThingDone.example,
      },
    ]);
    expect(referred(json, json.output.things_queue.value)).toBe(mainQueue(json));
  });
});

describe("a FIFO queue", () => {
  const { json, findings, stack } = queue({ fifo: true });
  const [source, failed] = ["things.fifo", "things-dlq.fifo"].map((end) =>
    resources(json, "aws_sqs_queue").find(({ name }) => name.endsWith(end)),
  );
  const mapping = resource(json, "aws_lambda_event_source_mapping");

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("has a FIFO dead-letter queue, which only it moves messages into", () => {
    expect([source.fifo_queue, failed.fifo_queue]).toEqual([true, true]);
    expect(referred(json, source.redrive_policy)).toBe(failed);
    expect(JSON.parse(failed.redrive_allow_policy).sourceQueueArns).toEqual([`arn:aws:sqs:eu-west-1:111111111111:${source.name}`]);
  });

  test("is as encrypted and as closed as a standard queue, and its dead-letter queue has its alarm", () => {
    for (const { sqs_managed_sse_enabled, policy, name } of [source, failed]) {
      expect(sqs_managed_sse_enabled).toBe(true);
      expect(JSON.parse(policy).Statement).toMatchObject([{ Effect: "Deny", Resource: `arn:aws:sqs:eu-west-1:111111111111:${name}` }]);
    }
    const alarms = resources(json, "aws_cloudwatch_metric_alarm").map(({ metric_name, dimensions }) => [metric_name, dimensions.QueueName]);
    expect(alarms).toContainEqual(["ApproximateNumberOfMessagesVisible", failed.name]);
    expect(stack.describe().triggers).toMatchObject([{ deadLetterQueues: [{ name: failed.name }] }]);
  });

  test("drops by its content what is sent twice, and tells it by group in both queues, so that the dead-letter queue drops nothing more", () => {
    expect(source.content_based_deduplication).toBe(true);
    for (const each of [source, failed]) {
      expect(each).toMatchObject({ deduplication_scope: "messageGroup", fifo_throughput_limit: "perMessageGroupId" });
    }
  });

  test("is read in batches of ten, for which nothing is gathered, and reports what failed", () => {
    expect(mapping).toMatchObject({ batch_size: 10, function_response_types: ["ReportBatchItemFailures"] });
    expect(mapping.maximum_batching_window_in_seconds).toBeUndefined();
  });

  test.each<[QueueWiring, string]>([
    [{ batchSize: 11 }, "batchSize of a FIFO queue is 11; AWS takes whole numbers from 1 to 10"],
    [{ maxBatchingWindow: seconds(5) }, "maxBatchingWindow of a FIFO queue is 5 s; AWS takes whole numbers from 0 to 0 s"],
  ])("%j is refused", (wiring, message) => {
    expect(queue({ fifo: true }, wiring).findings).toEqual([expect.stringContaining(`sample-int/things: ${message}`)]);
  });

  test("has a name within SQS's 80 characters, its ending among them", () => {
    const named = (length: number) =>
      synthDomain((domain) => {
        new QueueTrigger(domain, "t".repeat(length), { event: ThingDone, fifo: true }).invokes(new NodejsFunction(domain, "work"));
      }).findings;
    expect(named(55)).toEqual([]);
    expect(named(56)).toEqual([
      expect.stringMatching(/the FIFO queue name "shop-sample-int-t+-dlq\.fifo" has 81 characters, and AWS allows 80/),
    ]);
  });
});

test("a filter reaches the mapping as JSON, under the message's body", () => {
  const { json, findings } = queue({}, { filters: [{ body: { thing: ["one"] } }] });
  expect(findings).toEqual([]);
  const { filter } = resource(json, "aws_lambda_event_source_mapping").filter_criteria;
  expect(filter.map(({ pattern }: Json) => JSON.parse(pattern))).toEqual([{ body: { thing: ["one"] } }]);
});

test("a filter of anything but the body is a type error, for SQS drops every message by it", () => {
  // @ts-expect-error Lambda looks into the body only
  const wiring: QueueWiring = { filters: [{ attributes: { SenderId: ["me"] } }] };
  expect(wiring.filters).toHaveLength(1);
});

test.each<[NonNullable<QueueWiring["filters"]>, string]>([
  [[], "filters has 0 patterns, but AWS accepts 1 to 5"],
  [Array(6).fill({ body: { thing: ["one"] } }), "filters has 6 patterns, but AWS accepts 1 to 5"],
  [[{ body: { thing: [] } }], "body.thing is an empty list"],
])("the filters %j are refused", (filters, message) => {
  expect(queue({}, { filters }).findings).toEqual([expect.stringContaining(message)]);
});

test.each<[number, number | undefined, boolean]>([
  [13, undefined, true],
  [14, undefined, false],
  [4, 4, false],
  [4, 5, true],
])("of the raw queues, one that keeps %p days beside a dead-letter queue that keeps %p is taken: %p", (kept, keptFailed, taken) => {
  const { findings } = synthDomain((stack) => {
    const things = new QueueTrigger(stack, "things", { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
    things.queue.messageRetentionSeconds = days(kept);
    if (keptFailed !== undefined) things.deadLetterQueue.queue.messageRetentionSeconds = days(keptFailed);
  });
  expect(findings).toEqual(
    taken ? [] : [expect.stringMatching(/keeps messages for \d+ s, and its dead-letter queue for \d+ s; keep them longer/)],
  );
});

test.each([
  [7, []],
  [8, [expect.stringMatching(/8 receives of 43200 s take longer than the 345600 s .*; lower one of the two/)]],
])(
  "a message that keeps failing gets into the dead-letter queue before its own forgets it: %p receives of 12 hours",
  (maxReceiveCount, found) => {
    expect(queue({ visibilityTimeout: hours(12), maxReceiveCount }).findings).toEqual(found);
  },
);

test("batch, window, timeout and visibility: what is found is what SQS and Lambda refuse, whatever their values", () => {
  const values = fc.record({
    fifo: fc.boolean(),
    batchSize: fc.oneof(fc.integer({ min: -1, max: 12 }), fc.integer({ min: 9990, max: 10_010 })),
    window: fc.oneof(fc.constant(0), fc.integer({ min: -2, max: 310 })),
    timeout: fc.integer({ min: 1, max: 900 }),
    visibility: fc.option(fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 43_190, max: 43_210 })), { nil: undefined }),
  });
  fc.assert(
    fc.property(values, ({ fifo, batchSize, window, timeout, visibility }) => {
      const { json, findings } = synthDomain((stack) => {
        const lambda = new NodejsFunction(stack, "work", { timeout: seconds(timeout) });
        const visibilityTimeout = visibility === undefined ? undefined : seconds(visibility);
        new QueueTrigger(stack, "things", { event: ThingDone, fifo, visibilityTimeout }).invokes(lambda, {
          batchSize,
          maxBatchingWindow: seconds(window),
        });
      });
      const windowFits = fifo ? window === 0 : window >= 0 && window <= 300;
      const batchFits = batchSize >= 1 && batchSize <= (fifo ? 10 : 10_000) && (fifo || batchSize <= 10 || window !== 0);
      const visibilityFits = visibility === undefined || (visibility >= timeout && visibility <= 43_200);
      expect(findings.length === 0).toBe(windowFits && batchFits && visibilityFits);
      // What is left out always fits, however long the lambda may run and the batch may wait.
      const { visibility_timeout_seconds: hidden } = resources(json, "aws_sqs_queue").find(({ name }) => !name.includes("-dlq"));
      if (visibility === undefined && windowFits) expect(hidden >= timeout && hidden <= 43_200).toBe(true);
    }),
  );
});

test("a lambda in the VPC may take a queue's messages without an endpoint, for Lambda itself fetches them", () => {
  const { findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work", { vpc: true });
    new QueueTrigger(stack, "things", { event: ThingDone }).invokes(lambda);
  });
  expect(findings).toEqual([]);
});

test("a message that waits for its batch is hidden for that time too", () => {
  const { json } = queue({}, { batchSize: 100, maxBatchingWindow: seconds(300) });
  expect(mainQueue(json).visibility_timeout_seconds).toBe(6 * 20 + 300);
});

test("one lambda wired twice is refused, for it would handle every event twice", () => {
  const { findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work");
    new QueueTrigger(stack, "things", { event: ThingDone }).invokes(lambda).invokes(lambda);
  });
  expect(findings).toEqual([expect.stringContaining("sample-int/things: invokes work twice")]);
});

test("two queues of one domain have each a dead-letter queue and an alarm of their own", () => {
  const { json, findings } = synthDomain((stack) => {
    for (const id of ["first", "second"]) {
      const lambda = new NodejsFunction(stack, `work-${id}`);
      new QueueTrigger(stack, id, { event: ThingDone }).invokes(lambda);
    }
  });
  expect(findings).toEqual([]);
  const alarmed = resources(json, "aws_cloudwatch_metric_alarm").flatMap(({ dimensions }) => dimensions.QueueName ?? []);
  expect(alarmed.filter((name) => name.endsWith("-dlq")).sort()).toEqual(["shop-sample-int-first-dlq", "shop-sample-int-second-dlq"]);
});

describe("the alarm on the age of a queue's oldest message", () => {
  const ageAlarm = (json: Json) =>
    resources(json, "aws_cloudwatch_metric_alarm").find(({ metric_name }) => metric_name === "ApproximateAgeOfOldestMessage");

  test("rings when one has waited for half an hour", () => {
    const { json } = queue();
    const alarm = ageAlarm(json);
    expect(alarm).toMatchObject({ namespace: "AWS/SQS", statistic: "Maximum", threshold: 1800, period: 300, evaluation_periods: 1 });
    expect(referred(json, alarm.dimensions.QueueName)).toBe(mainQueue(json));
  });

  test("leaves a message that only fails to the dead-letter queue's, for as long as all its tries take", () => {
    expect(ageAlarm(queue({ visibilityTimeout: minutes(10), maxReceiveCount: 5 }).json).threshold).toBe(3000);
    expect(ageAlarm(queue({ maxReceiveCount: 100 }).json).threshold).toBe(100 * 6 * 20);
  });

  test("knows its threshold though only Terraform knows the visibility timeout", () => {
    expect(ageAlarm(queue({ visibilityTimeout: Lazy.numberValue({ produce: () => 20 }) as never }).json).threshold).toBe(1800);
  });

  test("is quiet while the queue is empty, of which SQS reports no age", () => {
    expect(ageAlarm(queue().json).treat_missing_data).toBe("notBreaching");
  });

  test("tells which message waits, for whom, and which command to begin with", () => {
    const { alarm_description: description } = ageAlarm(queue().json);
    expect(description).toContain("A message of shop-sample-int-things has waited for 30 minutes: work does not run");
    expect(description).toContain("aws logs tail /aws/lambda/shop-sample-int-work --since 1h");
  });
});

test("what is set is what AWS gets, within its limits", () => {
  const props = { visibilityTimeout: hours(12), maxReceiveCount: 7 };
  const { json, findings } = queue(props, { batchSize: 10_000, maxBatchingWindow: seconds(300), maxConcurrency: 2 });
  expect(findings).toEqual([]);
  expect(mainQueue(json).visibility_timeout_seconds).toBe(43_200);
  expect(mainQueue(json).redrive_policy).toContain('"maxReceiveCount":7');
  expect(resource(json, "aws_lambda_event_source_mapping")).toMatchObject({
    batch_size: 10_000,
    maximum_batching_window_in_seconds: 300,
    scaling_config: { maximum_concurrency: 2 },
  });
});

describe("a queue's visibility timeout", () => {
  test("under the lambda's timeout is refused, with both values and the fix", () => {
    expect(queue({ visibilityTimeout: seconds(10) }).findings).toEqual([
      expect.stringContaining(
        "sample-int/things: visibilityTimeout is 10 s, but work may run for 20 s; SQS refuses the mapping. Set it to at least 120 s (6 × the timeout)",
      ),
    ]);
  });

  test("as long as the lambda's timeout is the least that SQS takes", () => {
    expect(queue({ visibilityTimeout: seconds(20) }).findings).toEqual([]);
  });

  test("that only Terraform knows passes", () => {
    expect(queue({ visibilityTimeout: Lazy.numberValue({ produce: () => 1 }) as never }).findings).toEqual([]);
  });
});

test("a lambda that may run for its 15 minutes still has a visibility timeout that SQS takes", () => {
  const { json, findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work", { timeout: seconds(900) });
    new QueueTrigger(stack, "things", { event: ThingDone }).invokes(lambda);
  });
  expect(findings).toEqual([]);
  expect(mainQueue(json).visibility_timeout_seconds).toBeLessThanOrEqual(hours(12));
});

test.each<[string, Partial<QueueTriggerProps>, QueueWiring]>([
  ["visibilityTimeout", { visibilityTimeout: days(1), maxReceiveCount: 1 }, {}],
  ["maxReceiveCount", { maxReceiveCount: 0 }, {}],
  ["maxReceiveCount", { maxReceiveCount: 1001 }, {}],
  ["batchSize", {}, { batchSize: 0 }],
  ["batchSize", {}, { batchSize: 10_001, maxBatchingWindow: seconds(1) }],
  ["maxBatchingWindow", {}, { maxBatchingWindow: seconds(301) }],
  ["maxConcurrency", {}, { maxConcurrency: 1 }],
  ["maxConcurrency", {}, { maxConcurrency: 1001 }],
])("%s outside the limits of AWS is refused, with its range: %j %j", (option, props, wiring) => {
  expect(queue(props, wiring).findings).toEqual([
    expect.stringMatching(new RegExp(`sample-int/things: ${option} is \\d+.*; AWS takes whole numbers from `)),
  ]);
});

test("a batch over 10 needs a window", () => {
  expect(queue({}, { batchSize: 11 }).findings).toEqual([
    expect.stringContaining("batchSize is 11, and over 10 SQS needs a maxBatchingWindow"),
  ]);
});

test("two lambdas on one queue are refused, for they would compete for its messages", () => {
  const { findings } = synthDomain((stack) => {
    const things = new QueueTrigger(stack, "things", { event: ThingDone });
    const [work, play] = [new NodejsFunction(stack, "work"), new NodejsFunction(stack, "play")];
    things.invokes(work).invokes(play);
  });
  expect(findings).toEqual([expect.stringContaining("invokes work and play, which would compete for its messages")]);
});

test("a queue's name that is too long with its suffix is refused, not cut", () => {
  const { findings } = synthDomain((stack) => {
    new QueueTrigger(stack, "t".repeat(61), { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
  });
  expect(findings).toEqual([expect.stringMatching(/the SQS queue name "shop-sample-int-t+-dlq" has 81 characters, and AWS allows 80/)]);
});

test("a queue with the name of another's dead-letter queue is refused, naming both", () => {
  const { findings } = synthDomain((stack) => {
    for (const id of ["things", "things-dlq"]) new QueueTrigger(stack, id, { event: ThingDone });
  });
  expect(findings).toContainEqual(
    expect.stringContaining(
      'sample-int/things-dlq: the SQS queue name "shop-sample-int-things-dlq" is already used by sample-int/things/dlq',
    ),
  );
});

test("a timeout that only Terraform knows needs a visibility timeout beside it", () => {
  const made = (visibilityTimeout?: Duration) =>
    synthDomain((stack) => {
      const timeout = Lazy.numberValue({ produce: () => 60 }) as Duration;
      new QueueTrigger(stack, "things", { event: ThingDone, visibilityTimeout }).invokes(new NodejsFunction(stack, "work", { timeout }));
    }).findings;
  expect(made()).toEqual([expect.stringContaining("the timeout of work is known to Terraform only")]);
  expect(made(minutes(5))).toEqual([]);
});
