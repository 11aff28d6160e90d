import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { BusTrigger } from "../../shared/triggers/bus-trigger";
import { invoicesContract } from "../invoices/contract";
import { OrderRecorded } from "../ledger/contract";
import type { NotifyCustomerVariables } from "./lambdas/notify-customer";

/** Confirms every recorded order to its customer, and requests its invoice. */
export default class Notifications extends DomainStack {
  protected define(): void {
    const invoices = this.read(invoicesContract);

    const notifyCustomer = new NodejsFunction<NotifyCustomerVariables>(this, "notify-customer", {
      idempotent: true,
      environment: { INVOICES_BUCKET: invoices.bucketName, REQUESTS_PREFIX: invoices.requestsPrefix },
    });
    notifyCustomer.allow(["s3:PutObject"], `${invoices.bucketArn}/${invoices.requestsPrefix}*`);

    const recorded = new BusTrigger(this, "recorded", { event: OrderRecorded, from: "ledger" });
    recorded.invokes(notifyCustomer);
  }
}
