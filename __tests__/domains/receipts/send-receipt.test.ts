import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { mockClient } from "aws-sdk-client-mock";
import { ReceiptSent } from "../../../domains/analytics/contract";
import { InvoiceIssued } from "../../../domains/receipts/contract";
import { handler } from "../../../domains/receipts/lambdas/send-receipt";
import { push, topicEvent } from "../../support/events";
import { idempotencyStore } from "../../support/idempotency-store";
import { captureLogs } from "../../support/logs";

captureLogs();
idempotencyStore();
const kinesis = mockClient(KinesisClient);
process.env.ANALYTICS_STREAM = "stream";
beforeEach(() => kinesis.reset());
const sent = () => kinesis.commandCalls(PutRecordCommand).map(({ args: [{ input }] }) => input);

test("an invoice's receipt is told to analytics, as analytics expects it", async () => {
  await push(handler, topicEvent(InvoiceIssued.example));
  const { orderId, customer, correlationId } = InvoiceIssued.example;
  expect(sent()).toMatchObject([{ StreamName: "stream", PartitionKey: orderId }]);
  const told = ReceiptSent.schema.parse(JSON.parse(Buffer.from(sent()[0]?.Data ?? []).toString()));
  expect(told).toMatchObject({ orderId, customer, correlationId });
});

test("an invoice that is told twice has one receipt", async () => {
  await push(handler, topicEvent(InvoiceIssued.example));
  await push(handler, topicEvent(InvoiceIssued.example));
  expect(sent()).toHaveLength(1);
});
