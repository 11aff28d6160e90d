import type { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { type Duration, minutes } from "../duration";
import { Alarm, failuresIn } from "../resources/alarm";

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
    description: errorsDescription(scope, { functionName, logGroupName }),
  });
  new Alarm(scope, "throttles", {
    metric: ["AWS/Lambda", "Throttles", "FunctionName", functionName],
    ...repeatedly,
    description: throttlesDescription(scope, functionName),
  });
}

function errorsDescription(scope: Construct, { functionName, logGroupName }: Omit<AlarmedLambda, "timeout">): string {
  const { deployedStack, project } = DomainStack.of(scope);
  return [
    `${functionName} keeps failing: it throws errors, crashes, times out or runs out of memory.`,
    `Find the reasons: ${failuresIn(scope, logGroupName)}.`,
    `See whether this began with a deployment: aws lambda get-function --function-name ${functionName} --region ${project.region} --query Configuration.LastModified.`,
    "If it did, switch back to the version before (docs/redrive.md, step 2).",
    `Then fix the cause and run npm run deploy -- ${deployedStack}: raise timeout if it times out (to at most 29 s for a route of an HTTP API), raise memorySize if it runs out of memory, or else correct the code.`,
    "If a service that it calls has failed, wait.",
  ].join(" ");
}

function throttlesDescription(scope: Construct, functionName: string): string {
  const { region } = DomainStack.of(scope).project;
  return [
    `${functionName} is being throttled.`,
    `See whether it has a limit of its own: aws lambda get-function-concurrency --function-name ${functionName} --region ${region}.`,
    "If that is 0, somebody has stopped the lambda on purpose. If it is more, raise it where stack.ts sets it, unless it protects what the lambda calls.",
    `Without a limit of its own, compare the metric UnreservedConcurrentExecutions with the limit of that name: aws lambda get-account-settings --region ${region}.`,
    "If it is far below, this was a burst: wait.",
    "If it is reached, find the lambda with the highest maximum of ConcurrentExecutions, in CloudWatch under Metrics > Lambda > By Function Name.",
    "If that one reads a queue, set maxConcurrency on the queue in its stack.ts, below that maximum, and deploy its domain.",
    "Then request a higher limit in Service Quotas, which can take days.",
  ].join(" ");
}
