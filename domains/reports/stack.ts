import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { ScheduleTrigger } from "../../shared/triggers/schedule-trigger";
import { analyticsContract } from "../analytics/contract";
import { ReportDue } from "./contract";
import type { SumUpDayVariables } from "./lambdas/sum-up-day";

/** Reports the orders of every day, in the 15 minutes after 06:00 UTC on the next day. */
export default class Reports extends DomainStack {
  protected define(): void {
    const analytics = this.read(analyticsContract);

    const sumUpDay = new NodejsFunction<SumUpDayVariables>(this, "sum-up-day", {
      environment: { TOTALS_TABLE: analytics.totalsTableName },
    });
    sumUpDay.allow(["dynamodb:GetItem"], analytics.totalsTableArn);

    const daily = new ScheduleTrigger(this, "daily", {
      expression: "cron(0 6 * * ? *)",
      timeZone: "UTC",
      event: ReportDue,
      flexibleWindow: 15,
    });
    daily.invokes(sumUpDay);
  }
}
