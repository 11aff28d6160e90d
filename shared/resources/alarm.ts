import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import type { Duration } from "../duration";
import { addFinding } from "../stack/findings";
import { type FormerId, keepFormerId } from "../stack/former-ids";

export interface AlarmProps extends FormerId {
  /**
   * The metric that the alarm watches, in the format of a CloudWatch dashboard, with one dimension:
   * `["AWS/SQS", "NumberOfMessagesSent", "QueueName", name]`.
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
   */
  metric: [namespace: string, name: string, dimensionName: string, dimensionValue: string];
  /**
   * How CloudWatch combines the values of one period into one number.
   * A percentile is `p0` to `p100`, with at most two decimals: `p99`, `p99.9`.
   * CloudWatch evaluates a percentile even if a period has few values: with fewer than 100 values, p99 is close to the maximum.
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
   */
  statistic: "Average" | "Maximum" | "Minimum" | "SampleCount" | "Sum" | `p${number}`;
  /**
   * The alarm fires when the statistic is greater than this number, in the unit of the metric.
   * @default 0
   */
  threshold?: number;
  /**
   * The length of one period: a multiple of 60 s. For a high-resolution custom metric, 10, 20 and 30 s are valid too.
   * `period` × `evaluationPeriods` is at most 1 day, or at most 7 days if `period` is 1 hour or longer.
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
   */
  period: Duration;
  /**
   * How many of the latest periods the alarm evaluates, at least 1.
   * @default 1
   */
  evaluationPeriods?: number;
  /**
   * How many of the evaluated periods must be above the threshold for the alarm to fire, 1 to `evaluationPeriods`.
   * @default evaluationPeriods
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
   */
  datapointsToAlarm?: number;
  /**
   * What happened, where to look (a command), and what to do: one short sentence each, at most 1,024 characters.
   * An operator may have nothing else to read when the alarm fires.
   */
  description: string;
}

/** The percentiles that both CloudWatch and the AWS provider for Terraform accept. */
const PERCENTILE = /^p(\d{1,2}(\.\d{1,2})?|100)$/;

/**
 * A CloudWatch alarm that notifies the environment's alarm topic when it fires, and again when it is over.
 * It does not fire while the metric has no data, because SQS, Lambda and API Gateway report nothing while they have nothing to do.
 *
 * @example
 * const recordOrder = new NodejsFunction(this, "record-order");
 * new Alarm(this, "slow", {
 *   metric: ["AWS/Lambda", "Duration", "FunctionName", recordOrder.function.functionName],
 *   statistic: "p99",
 *   threshold: 5000,
 *   period: minutes(5),
 *   evaluationPeriods: 3,
 *   description: [
 *     "record-order takes more than 5 s for 1 % of its invocations.",
 *     `See its log: aws logs tail ${recordOrder.logGroup.nameInput} --since 1h.`,
 *     "Find the calls that are slow, or raise memorySize.",
 *   ].join(" "),
 * });
 */
export class Alarm extends Construct {
  constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    keepFormerId(this, props);
    const stack = DomainStack.of(this);
    const [namespace, metricName, dimensionName, dimensionValue] = props.metric;
    new CloudwatchMetricAlarm(this, "alarm", {
      alarmName: stack.nameFor(this, "CloudWatch alarm"),
      alarmDescription: props.description,
      namespace,
      metricName,
      dimensions: { [dimensionName]: dimensionValue },
      ...this.statisticConfig(props.statistic),
      comparisonOperator: "GreaterThanThreshold",
      threshold: props.threshold ?? 0,
      period: props.period,
      evaluationPeriods: props.evaluationPeriods ?? 1,
      datapointsToAlarm: props.datapointsToAlarm,
      treatMissingData: "notBreaching",
      alarmActions: [stack.foundation.alarmTopicArn],
      okActions: [stack.foundation.alarmTopicArn],
    });
  }

  /** CloudWatch takes percentiles in a field of their own. */
  private statisticConfig(statistic: AlarmProps["statistic"]): { statistic: string } | { extendedStatistic: string } {
    if (!statistic.startsWith("p")) return { statistic };
    if (!PERCENTILE.test(statistic)) {
      addFinding(this, `statistic is "${statistic}", but a percentile is p0 to p100 with at most two decimals. Write for instance "p99".`);
    }
    return { extendedStatistic: statistic };
  }
}

/**
 * The command that shows an operator which failures a lambda's log has, for the description of an alarm.
 * The names of the other log groups are after the command. The operator runs it again for each of them.
 */
export function failuresIn(scope: Construct, logGroup: string, ...others: string[]): string {
  const { region } = DomainStack.of(scope).project;
  const command = `aws logs tail ${logGroup} --since 6h --region ${region} --filter-pattern '?failed ?error ?timeout'`;
  return `${command}${others.length > 0 ? ` (run it again for ${listed(others)})` : ""}`;
}

/** The first name, and the number of the others. With the longest names, more would not fit into a description. */
export function listed([first = "", ...others]: string[]): string {
  return others.length > 0 ? `${first} and ${others.length} more` : first;
}
