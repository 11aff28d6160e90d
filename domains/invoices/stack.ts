import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { BucketTrigger } from "../../shared/triggers/bucket-trigger";
import { receiptsContract } from "../receipts/contract";
import { InvoiceRequested, invoicesContract } from "./contract";
import type { RenderInvoiceVariables } from "./lambdas/render-invoice";

const REQUESTS = "requests/";

/** Writes an invoice for each request that is put into its bucket. */
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
    documents.invokes(renderInvoice, { prefix: REQUESTS });

    this.publish(invoicesContract, { bucketArn: documents.bucket.arn, bucketName: documents.bucket.bucket, requestsPrefix: REQUESTS });
  }
}
