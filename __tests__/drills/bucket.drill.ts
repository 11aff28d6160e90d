import { randomUUID } from "node:crypto";
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { InvoiceRequested } from "../../domains/invoices/contract";
import { expectBalanced } from "../harness/balance";
import { eventually } from "../harness/eventually";
import { runningSystem } from "../harness/running-system";

const { settings, addressOf, handledBy } = runningSystem();
const s3 = new S3Client({ ...settings, forcePathStyle: true });

const run = randomUUID();
const request = () => ({ ...InvoiceRequested.example, orderId: randomUUID(), customer: run, correlationId: `${run}-${randomUUID()}` });

async function put(Key: string, body: object): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: addressOf("invoices"), Key, Body: JSON.stringify(body) }));
}
/** The number of invoices of one order. A listing of the whole bucket would end after 1,000 objects. */
async function invoices(orderId: string): Promise<number> {
  const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket: addressOf("invoices"), Prefix: `invoices/${orderId}` }));
  return KeyCount;
}

test("a write under the trigger's prefix invokes the lambda once, and the invoice that it writes does not", async () => {
  const one = request();
  await put(`requests/${one.orderId}.json`, one);
  await eventually("invoice", () => invoices(one.orderId).then((found) => found === 1));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const handled = await handledBy("invoices", "render-invoice", one.correlationId);
  expectBalanced({ sent: 1, done: handled.length, dead: 0, twice: handled.length - 1 });
});

test("a request that is written twice gets one invoice", async () => {
  const one = request();
  await put(`requests/${one.orderId}.json`, one);
  await put(`requests/${one.orderId}-again.json`, one);
  await eventually("second invocation", async () => (await handledBy("invoices", "render-invoice", one.correlationId)).length === 2);
  await eventually("receipt", async () => (await handledBy("receipts", "send-receipt", one.correlationId)).length > 0);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const receipts = await handledBy("receipts", "send-receipt", one.correlationId);
  expectBalanced({ sent: 1, done: await invoices(one.orderId), dead: 0, twice: receipts.length - 1 });
});
