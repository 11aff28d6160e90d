import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { InvoiceRequested } from "../../../domains/invoices/contract";
import { handler } from "../../../domains/invoices/lambdas/render-invoice";
import { InvoiceIssued } from "../../../domains/receipts/contract";
import { bucketEvent, push } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";

captureLogs();
idempotencyStore();
const s3 = mockClient(S3Client);
const sns = mockClient(SNSClient);
Object.assign(process.env, { INVOICES_BUCKET: "bucket", RECEIPTS_TOPIC: "topic" });
const request = InvoiceRequested.example;
beforeEach(() => {
  s3.reset();
  sns.reset();
  s3.on(GetObjectCommand).resolves({ Body: { transformToString: async () => JSON.stringify(request) } as never });
});
const published = () => sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input);

test("the invoice is written to the bucket of the request, under another prefix", async () => {
  await push(handler, bucketEvent({ key: "requests/one.json" }));
  const [written] = s3.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => input);
  expect(written).toMatchObject({
    Bucket: "bucket",
    Key: `invoices/${request.orderId}.txt`,
    Body: expect.stringContaining(request.customer),
  });
});

test("the key of the invoice is published to the topic, in a message that subscribers can filter by type", async () => {
  await push(handler, bucketEvent({ key: "requests/one.json" }));
  expect(published()).toMatchObject([{ TopicArn: "topic", MessageAttributes: { type: { StringValue: InvoiceIssued.type } } }]);
  const issued = InvoiceIssued.schema.parse({ ...request, invoiceKey: `invoices/${request.orderId}.txt` });
  expect(JSON.parse(published()[0]?.Message ?? "")).toEqual(issued);
});

test("a request that is delivered twice is announced once", async () => {
  await push(handler, bucketEvent({ key: "requests/one.json" }, { key: "requests/one.json" })).catch(() => undefined);
  await push(handler, bucketEvent({ key: "requests/one.json" }));
  expect(published()).toHaveLength(1);
});
