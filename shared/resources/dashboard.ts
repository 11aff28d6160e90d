import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";

/** A domain at a glance in CloudWatch: all its alarms, lambdas, and what each alarm watches, made before it or after. Its price: docs/costs.md */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stack = DomainStack.of(this);
    new CloudwatchDashboard(this, "dashboard", {
      dashboardName: stack.nameFor(this, "CloudWatch dashboard"),
      // Written at synth, when everything is there.
      dashboardBody: Lazy.stringValue({ produce: () => JSON.stringify({ widgets: widgetsOf(stack) }) }),
    });
  }
}

/** Each finds its place by itself: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
function widgetsOf({ lambdas, node, project: { region } }: DomainStack): object[] {
  const alarms = node.findAll().filter((each) => each instanceof CloudwatchMetricAlarm);
  const graph = (properties: object) => ({ type: "metric", width: 8, height: 6, properties: { region, ...properties } });
  return [
    { type: "alarm", width: 24, height: 4, properties: { alarms: alarms.map(({ arn }) => arn), sortBy: "stateUpdatedTimestamp" } },
    ...lambdas.map(({ functionName }) => {
      const line = (metric: string, stat: string, yAxis = "left") => ["AWS/Lambda", metric, "FunctionName", functionName, { stat, yAxis }];
      return graph({ title: functionName, metrics: [line("Invocations", "Sum"), line("Errors", "Sum"), line("Duration", "p99", "right")] });
    }),
    // Of an alarm, CloudWatch draws what it watches and its threshold.
    ...alarms.map(({ arn, alarmNameInput: title }) => graph({ title, annotations: { alarms: [arn] } })),
  ];
}
