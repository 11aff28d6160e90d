import { DynamoDBStreams, type DynamoDBStreamsClientConfig, type _Record as StreamRecord } from "@aws-sdk/client-dynamodb-streams";
import { type BatchPosition, epochSeconds, readBatch } from "./shard-batch";

/**
 * Reads a batch of changes from the stream of a table.
 * @returns the records as Lambda delivers them in an event
 * @throws Error when the stream does not have exactly these records
 */
export async function readTableRecords(position: BatchPosition, settings: DynamoDBStreamsClientConfig): Promise<object[]> {
  const { streamArn, shardId, startSequenceNumber } = position;
  const client = new DynamoDBStreams(settings);
  const records = await readBatch<StreamRecord>(position, {
    open: () =>
      client.getShardIterator({
        StreamArn: streamArn,
        ShardId: shardId,
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        SequenceNumber: startSequenceNumber,
      }),
    readPage: (iterator) => client.getRecords({ ShardIterator: iterator }),
    sequenceNumberOf: ({ dynamodb }) => dynamodb?.SequenceNumber,
  });
  return records.map((record) => toLambdaRecord(record, streamArn));
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
function toLambdaRecord({ dynamodb, userIdentity, ...record }: StreamRecord, streamArn: string): object {
  return {
    ...record,
    eventSourceARN: streamArn,
    dynamodb: { ...dynamodb, ApproximateCreationDateTime: epochSeconds(dynamodb?.ApproximateCreationDateTime) },
    ...(userIdentity && { userIdentity: { type: userIdentity.Type, principalId: userIdentity.PrincipalId } }),
  };
}
