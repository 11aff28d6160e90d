import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Construct } from "constructs";
import { DomainStack } from "./domain-stack";
import type { Duration } from "./duration";

export interface AlarmProps {
  /** `AWS/SQS` */
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
  statistic: "Maximum" | "Sum";
  /** The alarm rings above it. */
  threshold: number;
  /** One period of this length above the threshold is enough. */
  period: Duration;
  /** What has happened, and what to do about it: it is all that the one who is woken reads. */
  description: string;
}

/** An alarm that rings in the environment's alarm topic, and says there when it is over. */
export class Alarm extends Construct {
  constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    const stack = DomainStack.of(this);
    new CloudwatchMetricAlarm(this, "alarm", {
      alarmName: stack.nameFor(this, "CloudWatch alarm"),
      alarmDescription: props.description,
      namespace: props.namespace,
      metricName: props.metric,
      dimensions: props.dimensions,
      statistic: props.statistic,
      comparisonOperator: "GreaterThanThreshold",
      threshold: props.threshold,
      period: props.period,
      evaluationPeriods: 1,
      // SQS and API Gateway report nothing while nothing happens.
      treatMissingData: "notBreaching",
      alarmActions: [stack.foundation.alarmTopicArn],
      okActions: [stack.foundation.alarmTopicArn],
    });
  }
}
