import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { mockClient } from "aws-sdk-client-mock";
import { readStreamRecords } from "../../../scripts/redrive/stream-records";

const kinesis = mockClient(KinesisClient);
const streamArn = "arn:aws:kinesis:eu-west-1:111111111111:stream/things";
const arrivedAt = new Date("2030-01-01T00:00:00.250Z");
const data = new Uint8Array(Buffer.from("data"));

/** The stream returns one page with these sequence numbers. */
function stream(...numbers: number[]): void {
  kinesis.reset();
  kinesis.on(GetShardIteratorCommand).resolves({ ShardIterator: "first" });
  kinesis
    .on(GetRecordsCommand)
    .resolves({
      Records: numbers.map((number) => ({
        SequenceNumber: String(number),
        PartitionKey: "key",
        Data: data,
        ApproximateArrivalTimestamp: arrivedAt,
      })),
    });
}

const read = (first: number, last: number, arn = streamArn) => {
  const numbers = { startSequenceNumber: String(first), endSequenceNumber: String(last), batchSize: last - first + 1 };
  return readStreamRecords({ streamArn: arn, shardId: "shardId-1", ...numbers }, { region: "eu-west-1" });
};

test("records of a Kinesis stream have the form in which Lambda delivers them", async () => {
  stream(8, 9);
  expect(await read(8, 8)).toEqual([
    {
      eventSource: "aws:kinesis",
      eventSourceARN: streamArn,
      awsRegion: "eu-west-1",
      eventName: "aws:kinesis:record",
      eventVersion: "1.0",
      eventID: "shardId-1:8",
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: "key",
        sequenceNumber: "8",
        data,
        approximateArrivalTimestamp: arrivedAt.getTime() / 1000,
      },
    },
  ]);
});

test("the stream is read from the first record of the batch", async () => {
  stream(8);
  await read(8, 8);
  expect(kinesis.commandCalls(GetShardIteratorCommand)[0]?.args[0].input).toEqual({
    StreamARN: streamArn,
    ShardId: "shardId-1",
    ShardIteratorType: "AT_SEQUENCE_NUMBER",
    StartingSequenceNumber: "8",
  });
});

test("the stream itself is read if the lambda has a consumer of its own", async () => {
  stream(8);
  await read(8, 8, `${streamArn}/consumer/work:1`);
  expect(kinesis.commandCalls(GetShardIteratorCommand)[0]?.args[0].input.StreamARN).toBe(streamArn);
});

test("records are gone if Kinesis starts at the oldest record that it has", async () => {
  stream(9, 10);
  await expect(read(8, 9)).rejects.toThrow("The stream no longer has the records.");
});
