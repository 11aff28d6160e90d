import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { Dashboard } from "../../shared/resources/dashboard";
import { QueueTrigger } from "../../shared/triggers/queue-trigger";
import { ledgerContract } from "../ledger/contract";
import { OrderPlaced, ordersContract } from "./contract";
import type { RecordOrderVariables } from "./lambdas/record-order";

/** Receives placed orders from a queue, and records each order once in the ledger. */
export default class Orders extends DomainStack {
  protected define(): void {
    const ledger = this.read(ledgerContract);

    const recordOrder = new NodejsFunction<RecordOrderVariables>(this, "record-order", {
      idempotent: true,
      environment: { LEDGER_TABLE: ledger.tableName },
    });
    recordOrder.allow(["dynamodb:PutItem"], ledger.tableArn);

    const placed = new QueueTrigger(this, "placed", { event: OrderPlaced });
    placed.invokes(recordOrder);

    new Dashboard(this, "dashboard");
    this.publish(ordersContract, { queueArn: placed.queue.arn, queueUrl: placed.queue.url });
  }
}
