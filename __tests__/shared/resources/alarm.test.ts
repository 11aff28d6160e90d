import { minutes } from "../../../shared/duration";
import { Alarm, type AlarmProps } from "../../../shared/resources/alarm";
import { referred, resource, synthDomain } from "../../harness/synth";

/** A domain with one alarm. */
function alarm(props: Partial<AlarmProps> = {}) {
  const { json, findings } = synthDomain((stack) => {
    new Alarm(stack, "slow", {
      metric: ["AWS/Lambda", "Duration", "FunctionName", "shop-sample-int-work"],
      statistic: "Maximum",
      period: minutes(5),
      description: "work is slow.",
      ...props,
    });
  });
  return { made: resource(json, "aws_cloudwatch_metric_alarm"), json, findings };
}

test("an alarm fires by default if one period is above zero", () => {
  const { made, findings } = alarm();
  expect(findings).toEqual([]);
  expect(made).toMatchObject({
    alarm_name: "shop-sample-int-slow",
    namespace: "AWS/Lambda",
    metric_name: "Duration",
    dimensions: { FunctionName: "shop-sample-int-work" },
    comparison_operator: "GreaterThanThreshold",
    threshold: 0,
    period: 300,
    evaluation_periods: 1,
  });
  expect(made).not.toHaveProperty("datapoints_to_alarm");
});

test("an alarm notifies the environment's alarm topic when it fires and when it is over", () => {
  const { made, json } = alarm();
  for (const [topic] of [made.alarm_actions, made.ok_actions]) {
    expect(referred(json, topic).name).toBe("/shop/int/shared/v1/alarmTopicArn");
  }
});

test("an alarm has the threshold and the periods from its options", () => {
  const { made } = alarm({ threshold: 5000, evaluationPeriods: 4, datapointsToAlarm: 3 });
  expect(made).toMatchObject({ threshold: 5000, evaluation_periods: 4, datapoints_to_alarm: 3 });
});

test.each(["Average", "Maximum", "Minimum", "SampleCount", "Sum"] as const)("%s is a statistic", (statistic) => {
  const { made, findings } = alarm({ statistic });
  expect(findings).toEqual([]);
  expect(made.statistic).toBe(statistic);
  expect(made).not.toHaveProperty("extended_statistic");
});

test.each(["p0", "p50", "p99", "p99.9", "p99.99", "p100"] as const)("%s is a percentile, which is an extended statistic", (statistic) => {
  const { made, findings } = alarm({ statistic });
  expect(findings).toEqual([]);
  expect(made.extended_statistic).toBe(statistic);
  expect(made).not.toHaveProperty("statistic");
});

test.each(["p101", "p-1", "p99.999", "p100.5", "p1e1"] as const)("%s is not a percentile, which is a finding", (statistic) => {
  expect(alarm({ statistic }).findings).toEqual([
    `sample-int/slow: statistic is "${statistic}", but a percentile is p0 to p100 with at most two decimals. Write for instance "p99".`,
  ]);
});
