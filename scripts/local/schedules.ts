import { Scheduler } from "@aws-sdk/client-scheduler";
import { clientSettings, type LocalRun } from "./run";
import type { DeployedTrigger } from "./triggers";

/**
 * Sets schedules going now: beside each a one-off schedule with the deployed one's target, role,
 * retries and dead-letter queue, through the real scheduler.
 * @param fields laid over the sample of each
 * @returns removes the one-off schedules
 */
export async function setGoing(run: LocalRun, schedules: DeployedTrigger[], fields: object): Promise<() => Promise<void>> {
  const made = await Promise.all(
    schedules.map(async ({ stack, address: name, sample }) => {
      const client = new Scheduler(clientSettings(run, stack));
      const { Target, GroupName } = await client.getSchedule({ Name: name });
      const once = { Name: `${name.slice(0, 40)}-${Date.now()}`, GroupName };
      await client.createSchedule({
        ...once,
        ScheduleExpression: `at(${new Date().toISOString().slice(0, 19)})`,
        ScheduleExpressionTimezone: "UTC",
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: Target && { ...Target, Input: JSON.stringify({ ...(sample as object), ...fields }) },
      });
      return () => client.deleteSchedule(once);
    }),
  );
  return async () => void (await Promise.all(made.map((remove) => remove())));
}
