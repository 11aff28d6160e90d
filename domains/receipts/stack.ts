import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { Secret } from "../../shared/lambda/secret";
import { TopicTrigger } from "../../shared/triggers/topic-trigger";
import { analyticsContract } from "../analytics/contract";
import { InvoiceIssued, receiptsContract } from "./contract";
import type { SendReceiptVariables } from "./lambdas/send-receipt";

/** Sends the customer a receipt for every invoice. */
export default class Receipts extends DomainStack {
  protected define(): void {
    const analytics = this.read(analyticsContract);
    const mailerKey = new Secret(this, "mailer-key");

    const sendReceipt = new NodejsFunction<SendReceiptVariables>(this, "send-receipt", {
      idempotent: true,
      environment: { ANALYTICS_STREAM: analytics.streamName, MAILER_KEY_NAME: mailerKey.parameterName },
    });
    mailerKey.grantRead(sendReceipt);
    sendReceipt.allow(["kinesis:PutRecord"], analytics.streamArn);

    const issued = new TopicTrigger(this, "issued", { event: InvoiceIssued });
    issued.invokes(sendReceipt);

    this.publish(receiptsContract, { topicArn: issued.topic.arn });
  }
}
