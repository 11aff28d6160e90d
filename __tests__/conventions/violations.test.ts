import { CloudwatchMetricAlarm, type CloudwatchMetricAlarmConfig } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { CONVENTIONS } from "../../conventions";
import type { Convention, SynthesizedStack } from "../../conventions/convention";
import { exceptionProblems, violationsOf } from "../../conventions/violations";
import { allowException } from "../../shared/convention-exception";
import type { DomainStack } from "../../shared/domain-stack";
import { int, live, synthDomain } from "../harness/synth";

const because = "Missing data means that the shop is down.";

function alarmIn(stack: DomainStack, id: string, treatMissingData: CloudwatchMetricAlarmConfig["treatMissingData"]): CloudwatchMetricAlarm {
  return new CloudwatchMetricAlarm(stack, id, {
    alarmName: stack.nameFor(stack, "CloudWatch alarm", id),
    comparisonOperator: "LessThanThreshold",
    evaluationPeriods: 1,
    treatMissingData,
  });
}

/** The stack of a domain in each environment. */
function synthEverywhere(define: (stack: DomainStack) => void): SynthesizedStack[] {
  return [int, live].map((environment) => {
    const { json, stack } = synthDomain(define, environment);
    return { folder: "", json, description: { ...stack.describe(), lambdas: [], events: [] }, environment: stack.environment };
  });
}

function conventionOf(id: string): Convention {
  const found = CONVENTIONS.find((convention) => convention.id === id);
  if (!found) throw new Error(`There is no convention ${id}`);
  return found;
}

const missingData = conventionOf("alarm-missing-data");

test("without an exception, a violation is reported with its stack and its resource", () => {
  const stacks = synthEverywhere((stack) => alarmIn(stack, "no-orders", "breaching"));
  expect(violationsOf(missingData, stacks)).toEqual([
    "sample-int: aws_cloudwatch_metric_alarm.no-orders",
    "sample-live: aws_cloudwatch_metric_alarm.no-orders",
  ]);
});

test("an exception allows a violation of that convention", () => {
  const stacks = synthEverywhere((stack) => {
    allowException(alarmIn(stack, "no-orders", "breaching"), { convention: "alarm-missing-data", because });
  });
  expect(violationsOf(missingData, stacks)).toEqual([]);
  expect(exceptionProblems(CONVENTIONS, stacks)).toEqual([]);
});

test("an exception allows no violation of another convention", () => {
  const stacks = synthEverywhere((stack) => {
    allowException(alarmIn(stack, "no-orders", "breaching"), { convention: "alarm-missing-data", because });
  });
  expect(violationsOf(conventionOf("alarm-notifications"), stacks)).toHaveLength(2);
});

test("an exception allows no violation of another resource", () => {
  const stacks = synthEverywhere((stack) => {
    allowException(alarmIn(stack, "no-orders", "breaching"), { convention: "alarm-missing-data", because });
    alarmIn(stack, "no-visits", "breaching");
  });
  expect(violationsOf(missingData, stacks)).toEqual([
    "sample-int: aws_cloudwatch_metric_alarm.no-visits",
    "sample-live: aws_cloudwatch_metric_alarm.no-visits",
  ]);
});

test("an exception to a convention that does not exist is reported with the conventions that allow exceptions", () => {
  const stacks = synthEverywhere((stack) => {
    allowException(alarmIn(stack, "no-orders", "breaching"), { convention: "alarm-mising-data", because });
  });
  const [problem, ...others] = exceptionProblems(CONVENTIONS, stacks);
  expect(others).toEqual([]);
  expect(problem).toMatch(
    /^sample\/no-orders: the exception to "alarm-mising-data" names a convention that does not exist\. These allow exceptions: /,
  );
  expect(problem).toContain(", alarm-missing-data,");
  expect(problem).not.toContain("no-secrets-in-artifact");
});

test("an exception to a convention that allows none is reported, and the violation too", () => {
  const stacks = synthEverywhere((stack) => {
    const alarm = alarmIn(stack, "no-orders", "breaching");
    alarm.addOverride("region", "eu-west-1");
    allowException(alarm, { convention: "oldest-provider", because });
  });
  expect(exceptionProblems(CONVENTIONS, stacks)).toEqual([
    'sample/no-orders: the exception to "oldest-provider" is not allowed. Terraform could not plan the stack with that version of the provider. Remove the exception and fix the violation.',
  ]);
  expect(violationsOf(conventionOf("oldest-provider"), stacks)).toEqual([
    "sample-int: aws_cloudwatch_metric_alarm.no-orders: has the attribute region",
    "sample-live: aws_cloudwatch_metric_alarm.no-orders: has the attribute region",
  ]);
});

test("an exception that no resource needs is reported", () => {
  const stacks = synthEverywhere((stack) => {
    allowException(alarmIn(stack, "no-orders", "notBreaching"), { convention: "alarm-missing-data", because });
  });
  expect(exceptionProblems(CONVENTIONS, stacks)).toEqual([
    'sample/no-orders: the exception to "alarm-missing-data" is not needed, because no resource of the construct breaks the convention. Remove the exception.',
  ]);
});

test("an exception that is needed in one environment only is not reported", () => {
  const stacks = synthEverywhere((stack) => {
    const alarm = alarmIn(stack, "no-orders", stack.environment.name === "live" ? "breaching" : "notBreaching");
    allowException(alarm, { convention: "alarm-missing-data", because });
  });
  expect(exceptionProblems(CONVENTIONS, stacks)).toEqual([]);
});

test("an exception for the whole stack is reported by the name of the domain", () => {
  const stacks = synthEverywhere((stack) => allowException(stack, { convention: "alarm-missing-data", because }));
  expect(exceptionProblems(CONVENTIONS, stacks)).toEqual([
    expect.stringMatching(/^sample: the exception to "alarm-missing-data" is not needed/),
  ]);
});
