import { randomUUID } from "node:crypto";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { eventually } from "../support/eventually";
import { newOrder, runningSystem } from "../support/running-system";

const { settings, addressOf, triggerOf, ledgerEntry, logLines } = runningSystem();
const sqs = new SQSClient(settings);

let QueueUrl = "";
let deployed: Record<string, string> = {};

// A message that failed is hidden for the visibility timeout before it comes again: minutes, as
// deployed. Only for this test, and only on the local AWS, it is a second; afterwards it is what it was.
beforeAll(async () => {
  QueueUrl = await addressOf("orders");
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] }));
  deployed = { VisibilityTimeout: Attributes.VisibilityTimeout ?? "" };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "1" } }));
});
afterAll(async () => {
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: deployed }));
});

test("a poison message ends in the dead-letter queue with its reason in the log, and its nine neighbours are recorded", async () => {
  const good = Array.from({ length: 9 }, () => ({ ...newOrder(), orderId: randomUUID(), correlationId: `test-${randomUUID()}` }));
  const poison = { ...newOrder(), orderId: randomUUID(), correlationId: `poison-${randomUUID()}`, items: [{ sku: "book", quantity: -1 }] };
  const batch = [...good.slice(0, 4), poison, ...good.slice(4)];
  const Entries = batch.map((order, at) => ({ Id: String(at), MessageBody: JSON.stringify(order) }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));

  for (const { orderId, correlationId } of good) {
    const entry = await eventually(`entry of ${orderId}`, () => ledgerEntry(orderId));
    expect(entry).toMatchObject({ correlationId, status: "recorded" });
  }
  const dead = await eventually("poison message in the dead-letter queue", () => findDead(poison.orderId), 60);
  expect(JSON.parse(dead)).toEqual(poison);
  const lines = await logLines("orders", "record-order", poison.correlationId);
  expect(lines).toContainEqual(
    expect.objectContaining({ message: "failed", reason: expect.stringMatching(/order-placed.*items\.0\.quantity/) }),
  );
  expect(await ledgerEntry(poison.orderId)).toBeUndefined();
});

/** The body of a dead message; it is removed, and all others stay visible. */
async function findDead(text: string): Promise<string | undefined> {
  const { QueueUrl: deadLetterUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: triggerOf("orders").deadLetterQueues[0] }));
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: deadLetterUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  );
  const found = Messages.find(({ Body }) => Body?.includes(text));
  if (found) await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterUrl, ReceiptHandle: found.ReceiptHandle }));
  return found?.Body;
}
