import { Scheduler } from "@aws-sdk/client-scheduler";
import { clientSettings } from "./client-settings";
import type { LocalRun } from "./run";
import type { DeployedTrigger } from "./trigger-addresses";

/**
 * Triggers schedules now, without waiting for their time. For each of them it creates a one-off schedule with the same target,
 * execution role, retry policy and dead-letter queue, so that EventBridge Scheduler invokes the lambda as it does when deployed.
 * @param fields are added to the sample event of each schedule
 * @returns a function that deletes the one-off schedules
 */
export async function triggerSchedulesNow(run: LocalRun, schedules: DeployedTrigger[], fields: object): Promise<() => Promise<void>> {
  const deletions = await Promise.all(schedules.map((schedule) => triggerNow(run, schedule, fields)));
  return async () => {
    await Promise.all(deletions.map((deleteSchedule) => deleteSchedule()));
  };
}

async function triggerNow(
  run: LocalRun,
  { stack, address: name, sample }: DeployedTrigger,
  fields: object,
): Promise<() => Promise<unknown>> {
  const client = new Scheduler(clientSettings(run, stack));
  const { Target, GroupName } = await client.getSchedule({ Name: name });
  // A name has at most 64 characters.
  const oneOff = { Name: `${name.slice(0, 40)}-${Date.now()}`, GroupName };
  await client.createSchedule({
    ...oneOff,
    // Without fractions of a second, as the expression requires. A time in the past is due at once.
    ScheduleExpression: `at(${new Date().toISOString().slice(0, 19)})`,
    ScheduleExpressionTimezone: "UTC",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: Target && { ...Target, Input: JSON.stringify({ ...(sample as object), ...fields }) },
  });
  return () => client.deleteSchedule(oneOff);
}
