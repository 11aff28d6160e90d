/** Handles the records of a stream one after another. It stops at the first failure, and Lambda delivers the batch again from there. */
export async function handleInOrder<StreamRecord>(
  records: StreamRecord[],
  sequenceNumberOf: (record: StreamRecord) => string | undefined,
  handle: (record: StreamRecord) => Promise<void>,
) {
  for (const record of records) {
    try {
      await handle(record);
    } catch {
      // The reason is in the log. An empty identifier means the whole batch to Lambda.
      return { batchItemFailures: [{ itemIdentifier: sequenceNumberOf(record) ?? "" }] };
    }
  }
  return { batchItemFailures: [] };
}
