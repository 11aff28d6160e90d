import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { type FormerId, keepFormerId } from "../stack/former-ids";

/**
 * A CloudWatch dashboard of the whole domain: the state of its alarms, graphs of its lambdas, and a graph of each alarm's metric.
 * It includes lambdas and alarms that the domain creates after it. See `docs/costs.md` for its price.
 *
 * @example
 * new Dashboard(this, "dashboard");
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: FormerId = {}) {
    super(scope, id);
    keepFormerId(this, props);
    const stack = DomainStack.of(this);
    new CloudwatchDashboard(this, "dashboard", {
      dashboardName: stack.nameFor(this, "CloudWatch dashboard"),
      // The body is produced when the stack is synthesized, because only then all lambdas and alarms exist.
      dashboardBody: Lazy.stringValue({ produce: () => JSON.stringify({ widgets: widgetsOf(stack) }) }),
    });
  }
}

/**
 * The widgets have no position, so CloudWatch arranges them in rows.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
function widgetsOf(stack: DomainStack): object[] {
  const { region } = stack.project;
  const alarms = stack.node.findAll().filter((construct) => construct instanceof CloudwatchMetricAlarm);
  return [
    alarmStates(alarms),
    ...stack.lambdas.map(({ functionName }) => lambdaGraph(functionName, region)),
    ...alarms.map((alarm) => alarmGraph(alarm, region)),
  ];
}

function alarmStates(alarms: CloudwatchMetricAlarm[]): object {
  const properties = { alarms: alarms.map(({ arn }) => arn), sortBy: "stateUpdatedTimestamp" };
  return { type: "alarm", width: 24, height: 4, properties };
}

function lambdaGraph(functionName: string, region: string): object {
  const line = (metric: string, stat: string, yAxis: "left" | "right") => {
    return ["AWS/Lambda", metric, "FunctionName", functionName, { stat, yAxis }];
  };
  const metrics = [line("Invocations", "Sum", "left"), line("Errors", "Sum", "left"), line("Duration", "p99", "right")];
  return graph({ region, title: functionName, metrics });
}

/** For a graph of an alarm, CloudWatch draws the alarm's metric and its threshold. */
function alarmGraph({ arn, alarmNameInput }: CloudwatchMetricAlarm, region: string): object {
  return graph({ region, title: alarmNameInput, annotations: { alarms: [arn] } });
}

function graph(properties: object): object {
  return { type: "metric", width: 8, height: 6, properties };
}
