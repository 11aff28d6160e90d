import type { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Lazy } from "cdktf";
import * as fc from "fast-check";
import type { DomainStack } from "../../../shared/domain-stack";
import { type Duration, days, hours, minutes, seconds } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { QueueTrigger, type QueueTriggerProps, type QueueWiring } from "../../../shared/triggers/queue-trigger";
import { ThingDone } from "../../harness/definitions";
import { type Json, referred, resource, resources, statements, synthDomain } from "../../harness/synth";

/** A queue with one lambda whose timeout is 20 s. */
function queue(props: Partial<QueueTriggerProps> = {}, wiring: QueueWiring = {}) {
  return synthDomain((stack: DomainStack) => {
    const lambda = new NodejsFunction(stack, "work", { timeout: seconds(20) });
    new QueueTrigger(stack, "things", { event: ThingDone, ...props }).invokes(lambda, wiring);
  });
}

const mainQueue = (json: Json) => resources(json, "aws_sqs_queue").find(({ name }) => !name.endsWith("-dlq"));
const deadLetterQueue = (json: Json) => resources(json, "aws_sqs_queue").find(({ name }) => name.endsWith("-dlq"));
const ageAlarm = (json: Json) =>
  resources(json, "aws_cloudwatch_metric_alarm").find(({ metric_name }) => metric_name === "ApproximateAgeOfOldestMessage");

describe("a queue with no option set", () => {
  const { json, findings, stack } = queue();
  const mapping = resource(json, "aws_lambda_event_source_mapping");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("has a visibility timeout of 6 × the lambda's timeout", () => {
    expect(mainQueue(json).visibility_timeout_seconds).toBe(120);
  });

  test("moves messages that were received 5 times without success to a dead-letter queue that no other queue can use", () => {
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

  test("keeps messages for a shorter time than its dead-letter queue, because a message keeps its age when it moves", () => {
    expect(mainQueue(json).message_retention_seconds).toBeLessThan(deadLetterQueue(json).message_retention_seconds);
  });

  test("is encrypted, and so is its dead-letter queue", () => {
    for (const each of resources(json, "aws_sqs_queue")) expect(each.sqs_managed_sse_enabled).toBe(true);
  });

  test("denies requests without TLS, and so does its dead-letter queue", () => {
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

  test("reports the messages of a batch that failed, so that the others are not retried", () => {
    expect(mapping.function_response_types).toEqual(["ReportBatchItemFailures"]);
  });

  test("invokes the lambda's alias with batches of up to 10 messages, without a batch window", () => {
    expect(referred(json, mapping.function_name).name).toBe("current");
    expect(mapping.batch_size).toBe(10);
    expect(mapping.maximum_batching_window_in_seconds).toBe(0);
  });

  test("lets the lambda receive and delete messages, and is wired after that permission exists", () => {
    const policy = resource(json, "aws_iam_role_policy");
    expect(statements(json, policy.policy)).toContainEqual({
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [mapping.event_source_arn],
    });
    expect(referred(json, `\${${mapping.depends_on[0]}.id}`)).toBe(policy);
  });

  test("describes its lambda, its dead-letter queue, its sample and the output with its URL", () => {
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

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("has a FIFO dead-letter queue that no other queue can use", () => {
    expect([source.fifo_queue, failed.fifo_queue]).toEqual([true, true]);
    expect(referred(json, source.redrive_policy)).toBe(failed);
    expect(JSON.parse(failed.redrive_allow_policy).sourceQueueArns).toEqual([`arn:aws:sqs:eu-west-1:111111111111:${source.name}`]);
  });

  test("is encrypted and denies requests without TLS as a standard queue does, and its dead-letter queue has an alarm", () => {
    for (const { sqs_managed_sse_enabled, policy, name } of [source, failed]) {
      expect(sqs_managed_sse_enabled).toBe(true);
      expect(JSON.parse(policy).Statement).toMatchObject([{ Effect: "Deny", Resource: `arn:aws:sqs:eu-west-1:111111111111:${name}` }]);
    }
    const alarms = resources(json, "aws_cloudwatch_metric_alarm").map(({ metric_name, dimensions }) => [metric_name, dimensions.QueueName]);
    expect(alarms).toContainEqual(["ApproximateNumberOfMessagesVisible", failed.name]);
    expect(stack.describe().triggers).toMatchObject([{ deadLetterQueues: [{ name: failed.name }] }]);
  });

  test("drops messages with equal bodies in the same group, and its dead-letter queue deduplicates by group too", () => {
    expect(source.content_based_deduplication).toBe(true);
    for (const each of [source, failed]) {
      expect(each).toMatchObject({ deduplication_scope: "messageGroup", fifo_throughput_limit: "perMessageGroupId" });
    }
  });

  test("is read in batches of up to 10 messages without a batch window, and reports the messages that failed", () => {
    expect(mapping).toMatchObject({ batch_size: 10, function_response_types: ["ReportBatchItemFailures"] });
    expect(mapping.maximum_batching_window_in_seconds).toBeUndefined();
  });

  test.each<[QueueWiring, string]>([
    [{ batchSize: 11 }, "batchSize of a FIFO queue is 11, and AWS accepts whole numbers from 1 to 10"],
    [{ maxBatchingWindow: seconds(5) }, "maxBatchingWindow of a FIFO queue is 5 s, and AWS accepts whole numbers from 0 to 0 s"],
  ])("the wiring %j is refused", (wiring, message) => {
    expect(queue({ fifo: true }, wiring).findings).toEqual([expect.stringContaining(`sample-int/things: ${message}`)]);
  });

  test("has a name of at most 80 characters, including the suffix .fifo", () => {
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

test("the mapping gets the filters as JSON", () => {
  const { json, findings } = queue({}, { filters: [{ body: { thing: ["one"] } }] });
  expect(findings).toEqual([]);
  const { filter } = resource(json, "aws_lambda_event_source_mapping").filter_criteria;
  expect(filter.map(({ pattern }: Json) => JSON.parse(pattern))).toEqual([{ body: { thing: ["one"] } }]);
});

test("a filter on anything except the body is a type error, because it would match no message", () => {
  // @ts-expect-error Lambda matches the body only
  const wiring: QueueWiring = { filters: [{ attributes: { SenderId: ["me"] } }] };
  expect(wiring.filters).toHaveLength(1);
});

test.each<[NonNullable<QueueWiring["filters"]>, string]>([
  [[], "filters has 0 patterns, but AWS accepts 1 to 5. To get all events, leave filters out."],
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
])(
  "raw queues: %p days of retention with %p days in the dead-letter queue is accepted: %p",
  (retention, deadLetterRetention, isAccepted) => {
    const { findings } = synthDomain((stack) => {
      const things = new QueueTrigger(stack, "things", { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
      things.queue.messageRetentionSeconds = days(retention);
      if (deadLetterRetention !== undefined) things.deadLetterQueue.queue.messageRetentionSeconds = days(deadLetterRetention);
    });
    expect(findings).toEqual(
      isAccepted
        ? []
        : [
            expect.stringMatching(
              /the queue keeps messages for \d+ s, and its dead-letter queue keeps them for \d+ s, .* Set a longer messageRetentionSeconds/,
            ),
          ],
    );
  },
);

test.each([
  [7, []],
  [
    8,
    [
      expect.stringMatching(
        /8 receives of 43200 s each take 345600 s, but the queue keeps a message for 345600 s, .* Lower maxReceiveCount or visibilityTimeout\./,
      ),
    ],
  ],
])("a message must reach the dead-letter queue before the queue deletes it: %p receives of 12 hours", (maxReceiveCount, expected) => {
  expect(queue({ visibilityTimeout: hours(12), maxReceiveCount }).findings).toEqual(expected);
});

test("batch size, batch window, timeout and visibility timeout: the values with findings are those that SQS and Lambda reject", () => {
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
      // The default is valid for every timeout and every batch window.
      const { visibility_timeout_seconds: actual } = resources(json, "aws_sqs_queue").find(({ name }) => !name.includes("-dlq"));
      if (visibility === undefined && windowFits) expect(actual >= timeout && actual <= 43_200).toBe(true);
    }),
  );
});

test("a lambda in the VPC needs no endpoint for SQS, because Lambda itself receives the messages", () => {
  const { findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work", { vpc: true });
    new QueueTrigger(stack, "things", { event: ThingDone }).invokes(lambda);
  });
  expect(findings).toEqual([]);
});

test("the default visibility timeout includes the batch window", () => {
  const { json } = queue({}, { batchSize: 100, maxBatchingWindow: seconds(300) });
  expect(mainQueue(json).visibility_timeout_seconds).toBe(6 * 20 + 300);
});

test("a lambda that is wired twice is refused, because it would process every event twice", () => {
  const { findings } = synthDomain((stack) => {
    const lambda = new NodejsFunction(stack, "work");
    new QueueTrigger(stack, "things", { event: ThingDone }).invokes(lambda).invokes(lambda);
  });
  expect(findings).toEqual([
    expect.stringContaining(
      "sample-int/things: invokes work twice, so the lambda would process every event twice. Remove one of the calls of invokes.",
    ),
  ]);
});

test("each queue of a domain has a dead-letter queue and an alarm of its own", () => {
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

test("a dead-letter queue without a retention of its own is refused, because SQS then keeps messages as long as in the queue", () => {
  const { findings } = synthDomain((stack) => {
    const things = new QueueTrigger(stack, "things", { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
    things.deadLetterQueue.queue.resetMessageRetentionSeconds();
  });
  expect(findings).toEqual([expect.stringContaining("its dead-letter queue keeps them for 345600 s")]);
});

describe("the alarm on the age of a queue's oldest message", () => {
  test("fires when a message has waited for 30 minutes", () => {
    const { json } = queue();
    const alarm = ageAlarm(json);
    expect(alarm).toMatchObject({ namespace: "AWS/SQS", statistic: "Maximum", threshold: 1800, period: 300, evaluation_periods: 1 });
    expect(referred(json, alarm.dimensions.QueueName)).toBe(mainQueue(json));
  });

  test("does not fire before a message that keeps failing has been received maxReceiveCount times", () => {
    expect(ageAlarm(queue({ visibilityTimeout: minutes(10), maxReceiveCount: 5 }).json).threshold).toBe(3000);
    expect(ageAlarm(queue({ maxReceiveCount: 100 }).json).threshold).toBe(100 * 6 * 20);
  });

  test("has a threshold of 30 minutes if only Terraform knows the visibility timeout", () => {
    expect(ageAlarm(queue({ visibilityTimeout: Lazy.numberValue({ produce: () => 20 }) as never }).json).threshold).toBe(1800);
  });

  test("does not fire while the queue is empty, although SQS then reports no age", () => {
    expect(ageAlarm(queue().json).treat_missing_data).toBe("notBreaching");
  });

  test("says which message waits, for which lambda, which command to run and what to do, one sentence each", () => {
    expect(ageAlarm(queue().json).alarm_description).toBe(
      [
        "A message in shop-sample-int-things has waited for 30 minutes.",
        "work does not run, or it is too slow.",
        "Read its log: aws logs tail /aws/lambda/shop-sample-int-work --since 6h --region eu-west-1 --filter-pattern '?failed ?error ?timeout'.",
        "If the log has no line, see whether the mapping is enabled: aws lambda list-event-source-mappings --function-name shop-sample-int-work:current --region eu-west-1.",
        "If the lambda fails, fix the cause.",
        "If the alarm on its throttles fires too, do what that alarm says.",
        "If the lambda is only slow, raise its memorySize or its maxConcurrency in its stack.ts and run npm run deploy -- sample-int.",
      ].join(" "),
    );
  });
});

test("options within the limits reach AWS unchanged", () => {
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
  /**
   * A queue whose lambda has a timeout of 20 s.
   * @param change changes the raw queue, before or after the lambda is wired
   */
  const changed = (change: (raw: SqsQueue) => void, when: "before" | "after" = "after", props: Partial<QueueTriggerProps> = {}) =>
    synthDomain((stack) => {
      const lambda = new NodejsFunction(stack, "work", { timeout: seconds(20) });
      const things = new QueueTrigger(stack, "things", { event: ThingDone, ...props });
      if (when === "before") change(things.queue);
      things.invokes(lambda);
      if (when === "after") change(things.queue);
    });
  const CHANGES: [string, (value: number) => (raw: SqsQueue) => void][] = [
    ["an assignment", (value) => (raw) => Object.assign(raw, { visibilityTimeoutSeconds: value })],
    ["an override", (value) => (raw) => raw.addOverride("visibility_timeout_seconds", value)],
  ];
  describe.each(CHANGES)("that stack.ts changes with %s", (_, changeTo) => {
    test.each(["before", "after"] as const)(
      "%s the call of invokes is used for the queue, and for the threshold and the text of the alarm on its age",
      (when) => {
        const { json, findings } = changed(changeTo(1200), when);
        expect(findings).toEqual([]);
        expect(mainQueue(json).visibility_timeout_seconds).toBe(1200);
        expect(ageAlarm(json).threshold).toBe(5 * 1200);
        expect(ageAlarm(json).alarm_description).toContain("has waited for 100 minutes.");
      },
    );

    test("to less than the lambda's timeout is refused", () => {
      expect(changed(changeTo(10)).findings).toEqual([
        expect.stringContaining("sample-int/things: visibilityTimeout is 10 s, but work can run for 20 s, so SQS rejects the mapping."),
      ]);
    });

    test("replaces an option that is too short", () => {
      expect(changed(changeTo(60), "after", { visibilityTimeout: seconds(10) }).findings).toEqual([]);
    });

    test("is possible where there is no default, because only Terraform knows the lambda's timeout", () => {
      const { findings } = synthDomain((stack) => {
        const timeout = Lazy.numberValue({ produce: () => 60 }) as Duration;
        const things = new QueueTrigger(stack, "things", { event: ThingDone });
        things.invokes(new NodejsFunction(stack, "work", { timeout }));
        changeTo(300)(things.queue);
      });
      expect(findings).toEqual([]);
    });
  });

  test("that stack.ts removes is the default of SQS, 30 s", () => {
    const { findings } = synthDomain((stack) => {
      const things = new QueueTrigger(stack, "things", { event: ThingDone });
      things.invokes(new NodejsFunction(stack, "work", { timeout: seconds(31) }));
      things.queue.resetVisibilityTimeoutSeconds();
    });
    expect(findings).toEqual([expect.stringContaining("visibilityTimeout is 30 s, but work can run for 31 s")]);
  });

  test("that stack.ts sets to a reference is accepted, because only Terraform knows its value", () => {
    const { json, findings } = changed((raw) => raw.addOverride("visibility_timeout_seconds", `\${var.hidden}`));
    expect(findings).toEqual([]);
    expect(ageAlarm(json).threshold).toBe(1800);
  });

  test("less than the lambda's timeout is refused, with both values and the fix", () => {
    expect(queue({ visibilityTimeout: seconds(10) }).findings).toEqual([
      expect.stringContaining(
        "sample-int/things: visibilityTimeout is 10 s, but work can run for 20 s, so SQS rejects the mapping. Set visibilityTimeout to at least 120 s (6 × the timeout), or leave it out.",
      ),
    ]);
  });

  test("as long as the lambda's timeout is accepted", () => {
    expect(queue({ visibilityTimeout: seconds(20) }).findings).toEqual([]);
  });

  test("that only Terraform knows is accepted", () => {
    expect(queue({ visibilityTimeout: Lazy.numberValue({ produce: () => 1 }) as never }).findings).toEqual([]);
  });
});

test("the default visibility timeout of a lambda with the longest timeout, 15 minutes, is accepted", () => {
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
])("%s outside the limits of AWS is refused, with the range: %j %j", (option, props, wiring) => {
  expect(queue(props, wiring).findings).toEqual([
    expect.stringMatching(new RegExp(`sample-int/things: ${option} is \\d+.*, and AWS accepts whole numbers from `)),
  ]);
});

test("a batchSize of more than 10 needs a batch window", () => {
  expect(queue({}, { batchSize: 11 }).findings).toEqual([
    expect.stringContaining(
      "batchSize is 11, but Lambda accepts more than 10 only with a batch window. Set maxBatchingWindow, for example to seconds(5).",
    ),
  ]);
});

test("two lambdas on one queue are refused, because each would get only a part of the messages", () => {
  const { findings } = synthDomain((stack) => {
    const things = new QueueTrigger(stack, "things", { event: ThingDone });
    const work = new NodejsFunction(stack, "work");
    const play = new NodejsFunction(stack, "play");
    things.invokes(work).invokes(play);
  });
  expect(findings).toEqual([
    expect.stringContaining(
      "invokes work and play, so each of them would get only a part of the messages. Give each lambda a queue of its own.",
    ),
  ]);
});

test("a queue's name that is too long with its suffix is refused, not truncated", () => {
  const { findings } = synthDomain((stack) => {
    new QueueTrigger(stack, "t".repeat(61), { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
  });
  expect(findings).toEqual([expect.stringMatching(/the SQS queue name "shop-sample-int-t+-dlq" has 81 characters, and AWS allows 80/)]);
});

test("a queue with the name of another queue's dead-letter queue is refused, with the paths of both", () => {
  const { findings } = synthDomain((stack) => {
    for (const id of ["things", "things-dlq"]) new QueueTrigger(stack, id, { event: ThingDone });
  });
  expect(findings).toContainEqual(
    expect.stringContaining(
      'sample-int/things-dlq: the SQS queue name "shop-sample-int-things-dlq" is already used by sample-int/things/dlq',
    ),
  );
});

test("a lambda whose timeout only Terraform knows needs a visibilityTimeout", () => {
  const made = (visibilityTimeout?: Duration) =>
    synthDomain((stack) => {
      const timeout = Lazy.numberValue({ produce: () => 60 }) as Duration;
      new QueueTrigger(stack, "things", { event: ThingDone, visibilityTimeout }).invokes(new NodejsFunction(stack, "work", { timeout }));
    }).findings;
  expect(made()).toEqual([
    expect.stringContaining(
      "only Terraform knows the timeout of work, so visibilityTimeout does not have a default. Set visibilityTimeout.",
    ),
  ]);
  expect(made(minutes(5))).toEqual([]);
});

test.each([
  [false, "The queue deletes a message 14 days after it was first sent"],
  [true, "The queue deletes them 14 days after they arrived"],
])(
  "the alarm of the dead-letter queue (FIFO: %p) names the lambda's log and, because only a FIFO queue resets a message's age, %p",
  (fifo, deadline) => {
    const alarms = resources(queue({ fifo }).json, "aws_cloudwatch_metric_alarm");
    const { alarm_description } = alarms.find(({ dimensions }) => dimensions.QueueName?.includes("-dlq"));
    expect(alarm_description).toContain("aws logs tail /aws/lambda/shop-sample-int-work ");
    expect(alarm_description).toContain(deadline);
  },
);
