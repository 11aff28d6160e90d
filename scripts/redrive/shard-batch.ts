/**
 * The position of a batch of records in a shard. Lambda's on-failure record has it in place of the records.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export interface BatchPosition {
  streamArn: string;
  shardId: string;
  startSequenceNumber: string;
  endSequenceNumber: string;
  /** The number of records that failed. */
  batchSize: number;
}

/** The calls by which a batch is read: those of DynamoDB Streams, or those of Kinesis. */
export interface ShardReader<StreamRecord> {
  /** Returns a shard iterator that starts at the first record of the batch. */
  open(): Promise<{ ShardIterator?: string }>;
  /** Returns the records at an iterator, and the iterator of the next page. */
  readPage(iterator: string): Promise<{ Records?: StreamRecord[]; NextShardIterator?: string }>;
  sequenceNumberOf(record: StreamRecord): string | undefined;
}

/** A shard can have empty pages between others. After this many in a row, the rest of the shard counts as empty. */
const MOST_EMPTY_PAGES = 20;

/** The names of the errors by which a stream says that it has no records at a position, or that it no longer exists. */
const RECORDS_ARE_GONE = /Trimmed|ResourceNotFound|InvalidArgument/;

/**
 * Reads exactly the records of a batch.
 * @throws Error when the stream no longer has all of them, or has more records between the first and the last
 */
export async function readBatch<StreamRecord>(position: BatchPosition, reader: ShardReader<StreamRecord>): Promise<StreamRecord[]> {
  const { startSequenceNumber, endSequenceNumber, batchSize } = position;
  const records = await readUpTo(endSequenceNumber, reader).catch((error: Error) => {
    if (RECORDS_ARE_GONE.test(error.name)) return [];
    throw error;
  });
  const [first] = records;
  const last = records.at(-1);
  // If the first record has expired, Kinesis starts at the oldest record that it has.
  const isComplete =
    first && last && reader.sequenceNumberOf(first) === startSequenceNumber && reader.sequenceNumberOf(last) === endSequenceNumber;
  if (!isComplete) throw new Error("The stream no longer has the records.");
  if (records.length !== batchSize) {
    const reason = "Because of a filter or a parallelizationFactor, some of them were not in the failed batch, and it is not known which";
    throw new Error(`${batchSize} records failed, but the stream has ${records.length} records at that position. ${reason}.`);
  }
  return records;
}

/** Reads records, starts at the iterator that `open` returns, and stops after the record with the last sequence number. */
async function readUpTo<StreamRecord>(lastSequenceNumber: string, reader: ShardReader<StreamRecord>): Promise<StreamRecord[]> {
  const isInBatch = (record: StreamRecord) => BigInt(reader.sequenceNumberOf(record) ?? 0) <= BigInt(lastSequenceNumber);
  const found: StreamRecord[] = [];
  let { ShardIterator: iterator } = await reader.open();
  let emptyPages = 0;
  while (iterator && emptyPages < MOST_EMPTY_PAGES) {
    const { Records: page = [], NextShardIterator } = await reader.readPage(iterator);
    const inBatch = page.filter(isInBatch);
    found.push(...inBatch);
    const last = found.at(-1);
    const hasReachedEnd = inBatch.length < page.length || (last && reader.sequenceNumberOf(last) === lastSequenceNumber);
    if (hasReachedEnd) break;
    emptyPages = page.length === 0 ? emptyPages + 1 : 0;
    iterator = NextShardIterator;
  }
  return found;
}

/** A time in the form in which Lambda's events have it: seconds since 1970, with fractions. */
export function epochSeconds(date: Date | undefined): number | undefined {
  return date && date.getTime() / 1000;
}
