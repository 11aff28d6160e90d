import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { Table } from "../../shared/resources/table";
import { StreamTrigger } from "../../shared/triggers/stream-trigger";
import { analyticsContract, ReceiptSent } from "./contract";
import type { CountOrderVariables } from "./lambdas/count-order";

/** Counts the orders of each day. A Kinesis stream delivers an event for each order. */
export default class Analytics extends DomainStack {
  protected define(): void {
    const { table: totals } = new Table(this, "totals", { partitionKey: "day" });

    const countOrder = new NodejsFunction<CountOrderVariables>(this, "count-order", {
      idempotent: true,
      environment: { TOTALS_TABLE: totals.name },
    });
    countOrder.allow(["dynamodb:UpdateItem"], totals.arn);

    const happenings = new StreamTrigger(this, "happenings", { event: ReceiptSent });
    happenings.invokes(countOrder);

    this.publish(analyticsContract, {
      streamArn: happenings.stream.arn,
      streamName: happenings.stream.name,
      totalsTableArn: totals.arn,
      totalsTableName: totals.name,
    });
  }
}
