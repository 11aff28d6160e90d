import { days } from "../../../shared/duration";
import { DeadLetterQueue } from "../../../shared/resources/dead-letter-queue";
import { referred, resource, synthDomain } from "../../harness/synth";

const { json, findings } = synthDomain(
  (stack) => void new DeadLetterQueue(stack, "failures", { holds: "orders that failed", within: "a week" }),
);
const queue = resource(json, "aws_sqs_queue");
const alarm = resource(json, "aws_cloudwatch_metric_alarm");

test("a dead-letter queue keeps messages for SQS's longest, and has nothing to complain about", () => {
  expect(queue.message_retention_seconds).toBe(days(14));
  expect(findings).toEqual([]);
});

test("a dead-letter queue that no queue is named for takes messages of none", () => {
  expect(JSON.parse(queue.redrive_allow_policy)).toEqual({ redrivePermission: "denyAll" });
});

test("the alarm rings with the first message, within a minute or two", () => {
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

test("the alarm is quiet while SQS reports nothing of an empty queue", () => {
  expect(alarm.treat_missing_data).toBe("notBreaching");
});

test("the alarm rings in the environment's alarm topic, and says there when it is over", () => {
  for (const actions of [alarm.alarm_actions, alarm.ok_actions]) {
    expect(referred(json, actions[0]).name).toBe("/shop/int/shared/v1/alarmTopicArn");
  }
});

test("the alarm tells who is woken what has happened, where, and what to do", () => {
  expect(alarm.alarm_description).toContain(queue.name);
  expect(alarm.alarm_description).toContain("orders that failed");
  expect(alarm.alarm_description).toContain("within a week: npm run redrive -- sample-int");
});
