import type { Construct } from "constructs";
import { type Duration, minutes } from "../duration";
import { Alarm } from "../resources/alarm";

interface AlarmedLambda {
  functionName: string;
  logGroupName: string;
  timeout: Duration;
}

/**
 * Adds the alarms of a lambda, which fire on repeated errors or throttles only.
 * A single failure is covered by the dead-letter queue's alarm, or by the API's 5xx alarm.
 */
export function addLambdaAlarms(scope: Construct, { functionName, logGroupName, timeout }: AlarmedLambda): void {
  const repeatedly = {
    statistic: "Sum",
    // Lambda counts an error in the period in which the invocation started, but only after the invocation has ended. So a
    // period must not be shorter than the timeout, and the latest of the four periods may still look clean.
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    period: minutes(Math.max(5, Math.ceil(timeout / 60))),
    evaluationPeriods: 4,
    datapointsToAlarm: 3,
  } as const;
  // The dimension FunctionName counts all versions and aliases. The dimension Resource would miss invocations that bypass the alias.
  new Alarm(scope, "errors", {
    metric: ["AWS/Lambda", "Errors", "FunctionName", functionName],
    ...repeatedly,
    description: errorsDescription(functionName, logGroupName),
  });
  new Alarm(scope, "throttles", {
    metric: ["AWS/Lambda", "Throttles", "FunctionName", functionName],
    ...repeatedly,
    description: throttlesDescription(functionName),
  });
}

function errorsDescription(functionName: string, logGroupName: string): string {
  return [
    `${functionName} keeps failing: it throws errors, crashes, times out or runs out of memory.`,
    `Search its log for "failed", "error" and "timeout": aws logs tail ${logGroupName} --since 1h.`,
    "If a deployment caused this, deploy the previous version again; otherwise fix the code, or raise the lambda's timeout or memorySize.",
  ].join(" ");
}

function throttlesDescription(functionName: string): string {
  return [
    `${functionName} is being throttled: the account's concurrency limit is reached.`,
    "Compare the limit (aws lambda get-account-settings) with the metric ConcurrentExecutions of each lambda.",
    "Request a higher limit in Service Quotas, or set maxConcurrency on the queue whose lambda uses most of the limit.",
  ].join(" ");
}
