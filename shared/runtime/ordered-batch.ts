/** Handles the records of a stream one after the other. From the first that fails on, the stream comes again. */
export async function handleInOrder<StreamRecord>(
  records: StreamRecord[],
  sequenceNumberOf: (record: StreamRecord) => string | undefined,
  handle: (record: StreamRecord) => Promise<void>,
) {
  for (const record of records) {
    try {
      await handle(record);
    } catch {
      // Why is in the log. Lambda takes one that it cannot name for the whole batch.
      return { batchItemFailures: [{ itemIdentifier: sequenceNumberOf(record) ?? "" }] };
    }
  }
  return { batchItemFailures: [] };
}
