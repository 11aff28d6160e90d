import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { InvoiceRequested } from "../../../domains/invoices/contract";
import { OrderRecorded } from "../../../domains/ledger/contract";
import { handler } from "../../../domains/notifications/lambdas/notify-customer";
import { busEvent, push } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();
idempotencyStore();
const s3 = mockClient(S3Client);
Object.assign(process.env, { INVOICES_BUCKET: "bucket", REQUESTS_PREFIX: "requests/" });
beforeEach(() => s3.reset());

test("a recorded order is confirmed, and its invoice is requested with an event that invoices accepts", async () => {
  const order = OrderRecorded.example;
  await push(handler, busEvent(order));
  expect(logs).toContainEqual(expect.objectContaining({ message: "order confirmed", orderId: order.orderId }));
  const [requested] = s3.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => input);
  expect(requested).toMatchObject({ Bucket: "bucket", Key: `requests/${order.orderId}.json` });
  expect(JSON.parse(String(requested?.Body))).toEqual(InvoiceRequested.schema.parse(order));
});

test("an order that the bus delivers twice is confirmed once", async () => {
  await push(handler, busEvent(OrderRecorded.example));
  await push(handler, busEvent(OrderRecorded.example));
  expect(s3.commandCalls(PutObjectCommand)).toHaveLength(1);
});
