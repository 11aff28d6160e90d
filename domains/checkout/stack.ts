import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { HttpApiTrigger } from "../../shared/triggers/http-api-trigger";
import { ledgerContract } from "../ledger/contract";
import { OrderPlaced, ordersContract } from "../orders/contract";
import { PlaceOrder } from "./contract";
import type { PlaceOrderVariables } from "./lambdas/place-order";
import type { ReadStatusVariables } from "./lambdas/read-status";

/** The HTTP API with which customers place an order and read its status. */
export default class Checkout extends DomainStack {
  protected define(): void {
    const orders = this.read(ordersContract);
    const ledger = this.read(ledgerContract);

    const placeOrder = new NodejsFunction<PlaceOrderVariables>(this, "place-order", {
      idempotent: true,
      environment: { ORDERS_QUEUE_URL: orders.queueUrl },
    });
    placeOrder.allow(["sqs:SendMessage"], orders.queueArn);

    // Runs in the VPC, because it only needs DynamoDB, which the free gateway endpoint makes reachable from there.
    const readStatus = new NodejsFunction<ReadStatusVariables>(this, "read-status", {
      vpc: true,
      environment: { LEDGER_TABLE: ledger.tableName },
    });
    readStatus.allow(["dynamodb:GetItem"], ledger.tableArn);

    const api = new HttpApiTrigger(this, "api");
    api.invokes(placeOrder, { route: "POST /orders", caller: "anyone", sample: { body: PlaceOrder.parse(OrderPlaced.example) } });
    api.invokes(readStatus, { route: "GET /orders/{orderId}", caller: "anyone" });
  }
}
