import { days } from "../../../shared/duration";
import { DeadLetterQueue } from "../../../shared/resources/dead-letter-queue";
import { referred, resource, synthDomain } from "../../harness/synth";

const { json, findings } = synthDomain(
  (stack) => void new DeadLetterQueue(stack, "failures", { holds: "orders that failed", within: "a week" }),
);
const queue = resource(json, "aws_sqs_queue");
const alarm = resource(json, "aws_cloudwatch_metric_alarm");

test("a dead-letter queue keeps messages for 14 days, the longest time that SQS supports, and produces no findings", () => {
  expect(queue.message_retention_seconds).toBe(days(14));
  expect(findings).toEqual([]);
});

test("a dead-letter queue without a sourceQueue cannot be the dead-letter queue of any queue", () => {
  expect(JSON.parse(queue.redrive_allow_policy)).toEqual({ redrivePermission: "denyAll" });
});

test("the alarm fires on the first message, within two minutes", () => {
  expect(alarm).toMatchObject({
    namespace: "AWS/SQS",
    metric_name: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: queue.name },
    comparison_operator: "GreaterThanThreshold",
    threshold: 0,
    period: 60,
    evaluation_periods: 1,
  });
});

test("the alarm does not fire while SQS reports no data, as it does for an empty queue", () => {
  expect(alarm.treat_missing_data).toBe("notBreaching");
});

test("the alarm notifies the environment's alarm topic when it fires and when it ends", () => {
  for (const actions of [alarm.alarm_actions, alarm.ok_actions]) {
    expect(referred(json, actions[0]).name).toBe("/shop/int/shared/v1/alarmTopicArn");
  }
});

test("the alarm's description says what happened, where to look and what to do, one sentence each", () => {
  expect(alarm.alarm_description).toBe(
    [
      "shop-sample-int-failures holds orders that failed.",
      "Show their number, their age and the first reason: npm run redrive -- sample-int --dry-run.",
      'Search the log of the lambda for "failed" and for timeouts: aws logs tail /aws/lambda/NAME --since 6h.',
      "Fix the cause.",
      "Then redeliver them within a week: npm run redrive -- sample-int (docs/redrive.md).",
    ].join(" "),
  );
});
