import { days } from "../../../shared/duration";
import { DeadLetterQueue, type DeadLetterQueueProps } from "../../../shared/resources/dead-letter-queue";
import { referred, resource, synthDomain } from "../../harness/synth";

const { json, findings } = synthDomain((stack) => void new DeadLetterQueue(stack, "failures", { holds: "orders that failed" }));
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

const lambda = (name: string) => ({ functionName: name, logGroupName: `/aws/lambda/${name}` });

function description(props: Partial<DeadLetterQueueProps>): string {
  const { json } = synthDomain((stack) => void new DeadLetterQueue(stack, "failures", { holds: "orders that failed", ...props }));
  return resource(json, "aws_cloudwatch_metric_alarm").alarm_description;
}

test("the alarm's description says what happened, where to look and what to do by when, one sentence each", () => {
  expect(description({ failedIn: () => [lambda("work")], deadline: () => "The stream deletes a record after 24 hours." })).toBe(
    [
      "shop-sample-int-failures holds orders that failed.",
      "Show their number, their age and the reason of the first failure: npm run redrive -- sample-int --dry-run.",
      "Find all reasons: aws logs tail /aws/lambda/work --since 6h --region eu-west-1 --filter-pattern '?failed ?error ?timeout'.",
      "If there is no line, the lambda may have been throttled: see the alarm work-throttles.",
      "The stream deletes a record after 24 hours.",
      "Fix the cause.",
      "Then redeliver them: npm run redrive -- sample-int (docs/redrive.md).",
    ].join(" "),
  );
});

test("without a deadline of its own, the alarm's description says how long the queue keeps messages", () => {
  expect(description({})).toContain("The queue deletes them 14 days after they arrived.");
});

test("the alarm's description names the log of every lambda that can show why a message failed", () => {
  expect(description({ failedIn: () => ["a", "b"].map(lambda) })).toMatch(
    /aws logs tail \/aws\/lambda\/a .* \(run it again for \/aws\/lambda\/b\)\./,
  );
});

test("the alarm's description lists a few logs of many lambdas, so that it is not too long for CloudWatch", () => {
  const failedIn = () => ["a", "b", "c", "d", "e", "f"].map(lambda);
  expect(description({ failedIn })).toContain("tail /aws/lambda/a --since 6h");
  expect(description({ failedIn })).toContain("(run it again for /aws/lambda/b and 4 more).");
});

test("for events that did not reach their lambda, the alarm's description names the lambda and the command that shows its policy", () => {
  const text = description({ undelivered: { functionNames: () => ["shop-sample-int-a", "shop-sample-int-b"] } });
  expect(text).toContain("shop-sample-int-a (or shop-sample-int-b) was not invoked");
  expect(text).toContain("aws lambda get-policy --function-name shop-sample-int-a --qualifier current --region eu-west-1.");
  expect(text).not.toContain("aws logs");
});

test("for events that a role should have delivered, the alarm's description shows the policy of that role", () => {
  const undelivered = { functionNames: () => ["shop-sample-int-a"], invokingRole: "shop-sample-int-nightly" };
  expect(description({ undelivered })).toContain("aws iam get-role-policy --role-name shop-sample-int-nightly --policy-name permissions.");
});
