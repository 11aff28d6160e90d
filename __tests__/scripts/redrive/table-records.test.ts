import { DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-dynamodb-streams";
import { mockClient } from "aws-sdk-client-mock";
import { readTableRecords } from "../../../scripts/redrive/table-records";

const streams = mockClient(DynamoDBStreamsClient);
const streamArn = "arn:aws:dynamodb:eu-west-1:111111111111:table/things/stream/1";
const writtenAt = new Date("2030-01-01T00:00:00.250Z");

const record = (number: number) => ({
  eventID: `id-${number}`,
  eventName: "INSERT" as const,
  eventSource: "aws:dynamodb",
  dynamodb: { SequenceNumber: String(number), ApproximateCreationDateTime: writtenAt, NewImage: { thing: { S: `${number}` } } },
});

/** The stream returns these pages of sequence numbers, one after the other, and then no more records. */
function stream(...pages: number[][]): void {
  streams.reset();
  streams.on(GetShardIteratorCommand).resolves({ ShardIterator: "0" });
  streams
    .on(GetRecordsCommand)
    .callsFake(({ ShardIterator }) => ({
      Records: (pages[Number(ShardIterator)] ?? []).map(record),
      NextShardIterator: String(Number(ShardIterator) + 1),
    }));
}

const read = (first: number, last: number) => {
  const numbers = { startSequenceNumber: String(first), endSequenceNumber: String(last), batchSize: last - first + 1 };
  return readTableRecords({ streamArn, shardId: "shardId-1", ...numbers }, { region: "eu-west-1" });
};

test("changes of a table have the form in which Lambda delivers them", async () => {
  stream([8, 9], [], [10, 11]);
  expect(await read(8, 10)).toEqual(
    [8, 9, 10].map((number) => ({
      ...record(number),
      eventSourceARN: streamArn,
      dynamodb: { ...record(number).dynamodb, ApproximateCreationDateTime: writtenAt.getTime() / 1000 },
    })),
  );
});

test("the stream is read from the first change of the batch", async () => {
  stream([8]);
  await read(8, 8);
  expect(streams.commandCalls(GetShardIteratorCommand)[0]?.args[0].input).toEqual({
    StreamArn: streamArn,
    ShardId: "shardId-1",
    ShardIteratorType: "AT_SEQUENCE_NUMBER",
    SequenceNumber: "8",
  });
});

test("the identity of a change that DynamoDB made itself is spelled as in Lambda's event", async () => {
  stream();
  const userIdentity = { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" };
  streams.on(GetRecordsCommand).resolves({ Records: [{ ...record(8), userIdentity }] });
  expect(await read(8, 8)).toMatchObject([{ userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" } }]);
});

test.each(["TrimmedDataAccessException", "ResourceNotFoundException"])("changes are gone if DynamoDB answers %s", async (name) => {
  stream();
  streams.on(GetShardIteratorCommand).rejects(Object.assign(new Error("gone"), { name }));
  await expect(read(8, 8)).rejects.toThrow("The stream no longer has the records.");
});

test("an error of DynamoDB that is not about the changes is passed on", async () => {
  stream();
  streams.on(GetShardIteratorCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDeniedException" }));
  await expect(read(8, 8)).rejects.toThrow("denied");
});
