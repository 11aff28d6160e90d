import {
  type Convention,
  firstResource,
  type Json,
  referredResource,
  removeResources,
  resourcesFailing,
  resourcesOf,
  type TerraformBlock,
} from "./convention";
import { isDeadLetterQueue } from "./failures";

const ALARM = "aws_cloudwatch_metric_alarm";
const FUNCTION = "aws_lambda_function";
const MAPPING = "aws_lambda_event_source_mapping";
const QUEUE = "aws_sqs_queue";

/** Every failure and every backlog has an alarm, and every alarm helps its reader. */
export const alarmConventions: Convention[] = [
  {
    id: "dead-letter-alarms",
    rule: "every dead-letter queue has an alarm that sends a notification when a message is in the queue",
    check: ({ json }) =>
      resourcesFailing(
        json,
        QUEUE,
        (_, queue) => !isDeadLetterQueue(json, queue) || hasAlarm(json, queue, "ApproximateNumberOfMessagesVisible"),
      ),
    counterExamples: [
      { title: "a dead-letter queue without an alarm", change: ({ json }) => removeResources(json, ALARM, /things/) },
      {
        title: "an alarm that sends no notification",
        change: ({ json }) => Object.assign(firstResource(json, ALARM, /dlq/), { alarm_actions: [] }),
      },
      {
        title: "an alarm on another queue",
        change: ({ json }) => Object.assign(firstResource(json, ALARM, /dlq/).dimensions, { QueueName: "another" }),
      },
      { title: "a stream's dead-letter queue without an alarm", change: ({ json }) => removeResources(json, ALARM, /entries/) },
      { title: "a lambda's on-failure destination without an alarm", change: ({ json }) => removeResources(json, ALARM, /hear/) },
    ],
  },
  {
    id: "lambda-alarms",
    rule: "every lambda has an alarm on its errors and an alarm on its throttles, and both send a notification",
    check: ({ json }) =>
      ["Errors", "Throttles"].flatMap((metric) =>
        resourcesFailing(json, FUNCTION, (_, lambda) => hasAlarm(json, lambda, metric), `no alarm on the metric ${metric}`),
      ),
    counterExamples: [
      { title: "a lambda without an alarm on its errors", change: ({ json }) => removeResources(json, ALARM, /work_errors/) },
      { title: "a lambda without an alarm on its throttles", change: ({ json }) => removeResources(json, ALARM, /work_throttles/) },
      {
        title: "an alarm on errors that sends no notification",
        change: ({ json }) => Object.assign(firstResource(json, ALARM, /work_errors/), { alarm_actions: [] }),
      },
      {
        title: "an alarm on the throttles of another lambda",
        change: ({ json }) => Object.assign(firstResource(json, ALARM, /work_throttles/).dimensions, { FunctionName: "another" }),
      },
    ],
  },
  {
    id: "age-alarms",
    rule: "every event source mapping has an alarm that sends a notification when messages or records wait for too long",
    check: ({ json }) =>
      resourcesFailing(json, MAPPING, ({ event_source_arn, function_name }) => {
        const queue = referredResource(json, QUEUE, event_source_arn);
        if (queue) return hasAlarm(json, queue, "ApproximateAgeOfOldestMessage");
        const alias = referredResource(json, "aws_lambda_alias", function_name);
        const reader = referredResource(json, FUNCTION, alias?.attributes.function_name);
        return reader && hasAlarm(json, reader, "IteratorAge");
      }),
    counterExamples: [
      {
        title: "a queue without an alarm on the age of its oldest message",
        change: ({ json }) => removeResources(json, ALARM, /things_work-late/),
      },
      {
        title: "an alarm on the age of another queue's messages",
        change: ({ json }) => Object.assign(firstResource(json, ALARM, /things_work-late/).dimensions, { QueueName: "another" }),
      },
      {
        title: "an alarm on a queue that sends no notification",
        change: ({ json }) => Object.assign(firstResource(json, ALARM, /things_work-late/), { alarm_actions: [] }),
      },
      {
        title: "a table's stream without an alarm on its iterator age",
        change: ({ json }) => removeResources(json, ALARM, /entries_note-late/),
      },
      {
        title: "a Kinesis stream without an alarm on its iterator age",
        change: ({ json }) => removeResources(json, ALARM, /happenings_count-late/),
      },
    ],
  },
  {
    id: "alarm-notifications",
    rule: "every alarm sends a notification when it fires and when it returns to OK",
    check: ({ json }) =>
      resourcesFailing(json, ALARM, ({ alarm_actions, ok_actions }) => alarm_actions?.length > 0 && ok_actions?.length > 0),
    counterExamples: [
      { title: "an alarm that sends no notification when it fires", change: ({ json }) => delete firstResource(json, ALARM).alarm_actions },
      {
        title: "an alarm that sends no notification when it returns to OK",
        change: ({ json }) => delete firstResource(json, ALARM).ok_actions,
      },
    ],
  },
  {
    id: "alarm-descriptions",
    rule: "every alarm's description says what happened, which command or log to look at, and what to do, in at most 1,024 characters",
    check: ({ json }) =>
      resourcesFailing(
        json,
        ALARM,
        ({ alarm_description: text = "" }) => text.length <= LONGEST_DESCRIPTION && HELPFUL_DESCRIPTION.test(text),
      ),
    counterExamples: [
      { title: "an alarm without a description", change: ({ json }) => delete firstResource(json, ALARM).alarm_description },
      {
        title: "a description that says only what happened",
        change: ({ json }) => Object.assign(firstResource(json, ALARM), { alarm_description: "The lambda work keeps failing." }),
      },
      {
        title: "a description that is too long for CloudWatch",
        change: ({ json }) => {
          firstResource(json, ALARM).alarm_description += " And so on.".repeat(90);
        },
      },
    ],
  },
  {
    id: "alarm-missing-data",
    rule: "every alarm treats missing data as not breaching, because most metrics have no data while nothing happens",
    check: ({ json }) => resourcesFailing(json, ALARM, ({ treat_missing_data }) => treat_missing_data === "notBreaching"),
    counterExamples: [
      {
        title: "an alarm that fires when there is no data",
        change: ({ json }) => Object.assign(firstResource(json, ALARM), { treat_missing_data: "breaching" }),
      },
    ],
  },
];

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const LONGEST_DESCRIPTION = 1024;

/**
 * A sentence about the event, then a command (`aws …`, `npm run …`) or a log, then a sentence about the fix:
 * "shop-orders-int-record-order is failing. Search its log: aws logs tail … If a deployment started it, roll back."
 */
const HELPFUL_DESCRIPTION = /^.{20,}[.:] .*(\b(aws|npm run) [a-z]+|\blogs?\b).{20,}\.$/;

/** The dimension of the metrics of a resource, and the attribute that is its value. */
const DIMENSIONS: Record<string, { dimension: string; attribute: string }> = {
  [FUNCTION]: { dimension: "FunctionName", attribute: "function_name" },
  [QUEUE]: { dimension: "QueueName", attribute: "name" },
};

/** Whether an alarm on that metric of the resource sends a notification. The alarm has the resource's name or a reference to it. */
function hasAlarm(json: Json, { type, address, attributes }: TerraformBlock, metric: string): boolean {
  const { dimension = "", attribute = "" } = DIMENSIONS[type] ?? {};
  const values = [attributes[attribute], `\${${address}.${attribute}}`];
  return resourcesOf(json, ALARM).some(
    ({ attributes: alarm }) =>
      alarm.metric_name === metric && alarm.alarm_actions?.length > 0 && values.includes(alarm.dimensions[dimension]),
  );
}
