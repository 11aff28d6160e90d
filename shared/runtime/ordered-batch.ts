/** Handles the records of a stream one after the other, up to the first that fails. Lambda retries from that record on. */
export async function handleInOrder<StreamRecord>(
  records: StreamRecord[],
  sequenceNumberOf: (record: StreamRecord) => string | undefined,
  handle: (record: StreamRecord) => Promise<void>,
) {
  for (const record of records) {
    try {
      await handle(record);
    } catch {
      // The reason is in the log. Without a sequence number, Lambda retries the whole batch.
      return { batchItemFailures: [{ itemIdentifier: sequenceNumberOf(record) ?? "" }] };
    }
  }
  return { batchItemFailures: [] };
}
