import { randomInt, randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { ReceiptSent } from "../../domains/analytics/contract";
import { expectBalanced } from "../harness/balance";
import { deployedLambda } from "../harness/deployed-lambda";
import { eventually } from "../harness/eventually";
import { runningSystem } from "../harness/running-system";

const { settings, addressOf, contractValue, functionOf, handledBy, logLines } = runningSystem();
const kinesis = new KinesisClient(settings);
const documents = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
const countOrder = deployedLambda(settings, functionOf("analytics", "count-order"));
afterEach(() => countOrder.restore());

/** Receipts of a random day, so that no other receipt is counted. Each test puts them into one shard, so that they stay in order. */
function receipts(count: number) {
  const day = `${randomInt(2100, 9999)}-01-${randomInt(10, 31)}`;
  const run = randomUUID();
  const events = Array.from({ length: count }, () => ({
    ...ReceiptSent.example,
    orderId: randomUUID(),
    day,
    correlationId: `${run}-${randomUUID()}`,
  }));
  return { day, run, events };
}

async function put(PartitionKey: string, event: object | undefined) {
  const Data = Buffer.from(JSON.stringify(event));
  return kinesis.send(new PutRecordCommand({ StreamName: addressOf("analytics"), PartitionKey, Data }));
}
async function counted(day: string): Promise<number> {
  const TableName = await contractValue("analytics", "totalsTableName");
  return (await documents.send(new GetCommand({ TableName, Key: { day } }))).Item?.orders ?? 0;
}

test("an invalid record is logged and stays in the stream, and the records before and after it are counted", async () => {
  const { day, run, events } = receipts(3);
  const [before, poison, after] = events;
  await put(run, before);
  await eventually("count", async () => (await counted(day)) === 1);
  const { ShardId, SequenceNumber } = await put(run, { ...poison, orderId: "no id" });
  const reasons = async () => (await logLines("analytics", "count-order", poison?.correlationId ?? "")).map(({ reason }) => reason);
  const logged = await eventually("failure in the log", reasons);
  expect(logged).toContainEqual(expect.stringMatching(/receipt-sent.*orderId/));
  await put(run, after);
  await eventually("count", async () => (await counted(day)) === 2);

  const from = { StreamName: addressOf("analytics"), ShardId, StartingSequenceNumber: SequenceNumber };
  const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand({ ...from, ShardIteratorType: "AT_SEQUENCE_NUMBER" }));
  const { Records: [kept] = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }));
  expect(Buffer.from(kept?.Data ?? []).toString()).toContain(poison?.correlationId);
  expectBalanced(
    { sent: 3, done: await counted(day), dead: 0, inStream: 1 },
    "AWS would retry it, then record its position in the on-failure destination",
  );
});

test("a lambda that crashes after counting blocks its shard until it is fixed, and counts each record once", async () => {
  const { day, run, events } = receipts(4);
  await countOrder.wrap(`async (event, context) => { await handler(event, context); throw new Error("crashes after its write"); }`);
  const [last] = events.splice(3);
  for (const event of events) await put(run, event);
  const timesHandled = async (id = "") => (await handledBy("analytics", "count-order", id)).length;
  await eventually("retry", async () => (await timesHandled(events[0]?.correlationId)) > 1);
  await put(run, last);
  await countOrder.restore();
  // The records are handled in order. So once the last is handled, all records before it were handled again.
  await eventually("last record", async () => (await timesHandled(last?.correlationId)) > 0);
  const done = (await Promise.all([...events, last].map((event) => timesHandled(event?.correlationId)))).filter(Boolean).length;
  expectBalanced({ sent: 4, done, dead: 0, twice: (await counted(day)) - 4 });
});
