import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import type { Duration } from "../duration";

export interface AlarmProps {
  /** What it watches, as dashboards write it: `["AWS/SQS", "NumberOfMessagesSent", "QueueName", name]`. */
  metric: [namespace: string, name: string, dimension: string, of: string];
  statistic: "Maximum" | "Sum";
  /** The alarm rings above it. @default 0 */
  threshold?: number;
  period: Duration;
  /** The last periods that count. @default 1 */
  evaluationPeriods?: number;
  /** How many of these are above the threshold when it rings. @default all */
  datapointsToAlarm?: number;
  /** What has happened, and what to do about it: it is all that the one who is woken reads. */
  description: string;
}

/** An alarm that rings in the environment's alarm topic, and says there when it is over. */
export class Alarm extends Construct {
  constructor(scope: Construct, id: string, { metric: [namespace, metricName, dimension, of], description, ...watched }: AlarmProps) {
    super(scope, id);
    const stack = DomainStack.of(this);
    new CloudwatchMetricAlarm(this, "alarm", {
      namespace,
      metricName,
      dimensions: { [dimension]: of },
      threshold: 0,
      evaluationPeriods: 1,
      ...watched,
      alarmName: stack.nameFor(this, "CloudWatch alarm"),
      alarmDescription: description,
      comparisonOperator: "GreaterThanThreshold",
      // SQS, Lambda and API Gateway report nothing while nothing happens.
      treatMissingData: "notBreaching",
      alarmActions: [stack.foundation.alarmTopicArn],
      okActions: [stack.foundation.alarmTopicArn],
    });
  }
}
