import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { BucketTrigger } from "../../shared/triggers/bucket-trigger";
import { receiptsContract } from "../receipts/contract";
import { InvoiceRequested, invoicesContract } from "./contract";
import type { RenderInvoiceVariables } from "./lambdas/render-invoice";

/** The prefix of the keys of requests. Invoices have another prefix, so that an invoice does not invoke the lambda. */
const REQUESTS_PREFIX = "requests/";

/** Writes an invoice for every request. Requests and invoices are in the same bucket, under different prefixes. */
export default class Invoices extends DomainStack {
  protected define(): void {
    const receipts = this.read(receiptsContract);
    const documents = new BucketTrigger(this, "documents", { event: InvoiceRequested });

    const renderInvoice = new NodejsFunction<RenderInvoiceVariables>(this, "render-invoice", {
      idempotent: true,
      environment: { INVOICES_BUCKET: documents.bucket.bucket, RECEIPTS_TOPIC: receipts.topicArn },
    });
    renderInvoice.allow(["s3:PutObject"], `${documents.bucket.arn}/invoices/*`);
    renderInvoice.allow(["sns:Publish"], receipts.topicArn);
    documents.invokes(renderInvoice, { prefix: REQUESTS_PREFIX });

    this.publish(invoicesContract, {
      bucketArn: documents.bucket.arn,
      bucketName: documents.bucket.bucket,
      requestsPrefix: REQUESTS_PREFIX,
    });
  }
}
