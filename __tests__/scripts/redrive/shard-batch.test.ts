import { readBatch, type ShardReader } from "../../../scripts/redrive/shard-batch";

const positionOf = (first: number, last: number, batchSize = last - first + 1) => ({
  streamArn: "arn:stream",
  shardId: "shard-1",
  startSequenceNumber: String(first),
  endSequenceNumber: String(last),
  batchSize,
});

/** A shard that returns these pages of sequence numbers, and then empty pages without end. */
function shardOf(...pages: number[][]): ShardReader<number> & { pagesRead: number } {
  return {
    pagesRead: 0,
    open: async () => ({ ShardIterator: "0" }),
    async readPage(iterator) {
      this.pagesRead += 1;
      return { Records: pages[Number(iterator)] ?? [], NextShardIterator: String(Number(iterator) + 1) };
    },
    sequenceNumberOf: String,
  };
}

function failingShard(name: string): ShardReader<number> {
  const error = Object.assign(new Error(`failed with ${name}`), { name });
  return { ...shardOf(), open: () => Promise.reject(error) };
}

const GONE = "The stream no longer has the records.";

test("a batch has its records and no others, over several pages and empty pages", async () => {
  expect(await readBatch(positionOf(8, 10), shardOf([8, 9], [], [10, 11]))).toEqual([8, 9, 10]);
});

test("no page is read after the last record of the batch", async () => {
  const shard = shardOf([8, 9], [10]);
  await readBatch(positionOf(8, 9), shard);
  expect(shard.pagesRead).toBe(1);
});

test("sequence numbers are compared exactly, although they are larger than a number can be", async () => {
  const number = (last: number) => `4957649133218239${"0".repeat(38)}${last}`;
  const reader: ShardReader<string> = {
    open: async () => ({ ShardIterator: "first" }),
    readPage: async () => ({ Records: [number(1), number(2), number(3)] }),
    sequenceNumberOf: (record) => record,
  };
  const position = { ...positionOf(1, 2), startSequenceNumber: number(1), endSequenceNumber: number(2) };
  expect(await readBatch(position, reader)).toEqual([number(1), number(2)]);
});

test("the records are gone if the shard starts after the first record of the batch", async () => {
  await expect(readBatch(positionOf(8, 9), shardOf([9, 10]))).rejects.toThrow(GONE);
});

test("the records are gone if the last record of the batch is not in the shard", async () => {
  const shard = shardOf([8, 10]);
  await expect(readBatch(positionOf(8, 9), shard)).rejects.toThrow(GONE);
  expect(shard.pagesRead).toBe(1);
});

test("the shard is not read forever if the last record of the batch never comes", async () => {
  const shard = shardOf([8]);
  await expect(readBatch(positionOf(8, 9), shard)).rejects.toThrow(GONE);
  expect(shard.pagesRead).toBe(21);
});

test("the shard is read until its end if it is closed", async () => {
  const shard: ShardReader<number> = { ...shardOf(), readPage: async () => ({ Records: [8] }) };
  await expect(readBatch(positionOf(8, 9), shard)).rejects.toThrow(GONE);
  expect(await readBatch(positionOf(8, 8), shard)).toEqual([8]);
});

test.each(["TrimmedDataAccessException", "ResourceNotFoundException", "InvalidArgumentException"])(
  "the records are gone if the stream answers %s",
  async (name) => {
    await expect(readBatch(positionOf(8, 8), failingShard(name))).rejects.toThrow(GONE);
  },
);

test("another error of the stream says nothing about the records", async () => {
  await expect(readBatch(positionOf(8, 8), failingShard("AccessDeniedException"))).rejects.toThrow("failed with AccessDeniedException");
});

test("a batch cannot be read if the shard has more records at its position than failed, because nothing records which", async () => {
  const batch = readBatch(positionOf(8, 10, 2), shardOf([8, 9, 10]));
  await expect(batch).rejects.toThrow(/2 records failed, but the stream has 3 records at that position.*parallelizationFactor/);
});
