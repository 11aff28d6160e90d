import { createHmac } from "node:crypto";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { mockClient } from "aws-sdk-client-mock";
import { ReceiptSent } from "../../../domains/analytics/contract";
import { InvoiceIssued } from "../../../domains/receipts/contract";
import { handler } from "../../../domains/receipts/lambdas/send-receipt";
import { push, topicEvent } from "../../../testing/events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";
import { secretStore } from "../../../testing/secret-store";

const logs = captureLogs();
idempotencyStore();
secretStore({ "/mailer-key": "very secret" });
const kinesis = mockClient(KinesisClient);
Object.assign(process.env, { ANALYTICS_STREAM: "stream", MAILER_KEY_NAME: "/mailer-key" });
beforeEach(() => kinesis.reset());
const sent = () => kinesis.commandCalls(PutRecordCommand).map(({ args: [{ input }] }) => input);
const { orderId, customer, correlationId, invoiceKey } = InvoiceIssued.example;

test("a receipt is reported with an event that analytics accepts", async () => {
  await push(handler, topicEvent(InvoiceIssued.example));
  expect(sent()).toMatchObject([{ StreamName: "stream", PartitionKey: orderId }]);
  const reported = ReceiptSent.schema.parse(JSON.parse(Buffer.from(sent()[0]?.Data ?? []).toString()));
  expect(reported).toMatchObject({ orderId, customer, correlationId });
});

test("a receipt is signed with the mailer key, and the key is not logged", async () => {
  await push(handler, topicEvent(InvoiceIssued.example));
  const signature = createHmac("sha256", "very secret").update(`${orderId} ${invoiceKey}`).digest("hex");
  expect(logs).toContainEqual(expect.objectContaining({ message: "receipt sent", signature }));
  expect(JSON.stringify(logs)).not.toContain("very secret");
});

test("an invoice that is delivered twice gets one receipt", async () => {
  await push(handler, topicEvent(InvoiceIssued.example));
  await push(handler, topicEvent(InvoiceIssued.example));
  expect(sent()).toHaveLength(1);
});
