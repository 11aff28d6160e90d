import { Kinesis, type KinesisClientConfig, type _Record as StreamRecord } from "@aws-sdk/client-kinesis";
import { type BatchPosition, epochSeconds, readBatch } from "./shard-batch";

/**
 * Reads a batch of records from a Kinesis stream.
 * @returns the records as Lambda delivers them in an event
 * @throws Error when the stream does not have exactly these records
 */
export async function readStreamRecords(position: BatchPosition, settings: KinesisClientConfig): Promise<object[]> {
  const { streamArn, shardId, startSequenceNumber } = position;
  const client = new Kinesis(settings);
  const records = await readBatch<StreamRecord>(position, {
    open: () =>
      client.getShardIterator({
        // With enhanced fan-out, this is the ARN of the consumer of the stream. It starts with the ARN of the stream.
        StreamARN: streamArn.split("/consumer/")[0],
        ShardId: shardId,
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: startSequenceNumber,
      }),
    readPage: (iterator) => client.getRecords({ ShardIterator: iterator }),
    sequenceNumberOf: ({ SequenceNumber }) => SequenceNumber,
  });
  return records.map((record) => toLambdaRecord(record, position));
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
function toLambdaRecord(record: StreamRecord, { streamArn, shardId }: BatchPosition): object {
  const { SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp } = record;
  return {
    eventSource: "aws:kinesis",
    eventSourceARN: streamArn,
    awsRegion: streamArn.split(":")[3],
    eventName: "aws:kinesis:record",
    eventVersion: "1.0",
    eventID: `${shardId}:${SequenceNumber}`,
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: PartitionKey,
      sequenceNumber: SequenceNumber,
      data: Data,
      approximateArrivalTimestamp: epochSeconds(ApproximateArrivalTimestamp),
    },
  };
}
