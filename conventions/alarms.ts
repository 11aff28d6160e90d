import type { Json } from "../__tests__/harness/synth";
import { aliasOf, breaking, each, isDeadLetterQueue, type Rule } from "./convention";

/** What the alarms on a metric watch. */
const watched = (json: Json, metric: string, dimension: string): string[] =>
  each(json, "aws_cloudwatch_metric_alarm").flatMap(([, { metric_name, dimensions, alarm_actions }]) =>
    metric_name === metric && alarm_actions?.length > 0 ? [dimensions[dimension]] : [],
  );

export const deadLetterAlarms: Rule = ({ json }) => {
  const alarmed = watched(json, "ApproximateNumberOfMessagesVisible", "QueueName");
  return breaking(json, "aws_sqs_queue", ({ name }, id) => !isDeadLetterQueue(json, id) || alarmed.includes(name));
};

export const lambdaAlarms: Rule = ({ json }) =>
  ["Errors", "Throttles"].flatMap((metric) => {
    const alarmed = watched(json, metric, "FunctionName");
    return breaking(json, "aws_lambda_function", ({ function_name }) => alarmed.includes(function_name));
  });

/** Of the mappings, those that read a queue, and those that read a stream. */
export const ageAlarms: Rule = ({ json }) => {
  const queues = watched(json, "ApproximateAgeOfOldestMessage", "QueueName");
  const readers = watched(json, "IteratorAge", "FunctionName");
  return breaking(json, "aws_lambda_event_source_mapping", ({ event_source_arn, function_name }) =>
    /\$\{aws_sqs_queue\./.test(event_source_arn)
      ? queues.includes(event_source_arn.replace(".arn}", ".name}"))
      : readers.includes(aliasOf(json, function_name).function_name),
  );
};

/** CloudWatch takes no longer description. */
const LONGEST_DESCRIPTION = 1024;

/** What has happened, and then what to do: a command to give or a log to read, and what follows from it. */
const TELLS_WHAT_TO_DO = /^.{20,}[.:] .*(\b(aws|npm run) [a-z]+|\blogs?\b).{20,}\.$/;

export const alarmsThatHelp: Rule = ({ json }) =>
  breaking(
    json,
    "aws_cloudwatch_metric_alarm",
    ({ alarm_actions, ok_actions, alarm_description: text = "", treat_missing_data }) =>
      alarm_actions?.length > 0 &&
      ok_actions?.length > 0 &&
      treat_missing_data === "notBreaching" &&
      text.length <= LONGEST_DESCRIPTION &&
      TELLS_WHAT_TO_DO.test(text),
  );
