import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { mockClient } from "aws-sdk-client-mock";

/**
 * A record of the idempotency table, as Powertools stores it.
 *
 * @example
 * const [record]: IdempotencyRecord[] = [...records.values()];
 */
export interface IdempotencyRecord {
  id: string;
  status: "INPROGRESS" | "COMPLETED";
  /** When the record is deleted, in seconds since 1970. */
  expiration: number;
  /** When the lambda that is running must have timed out, in milliseconds since 1970. */
  in_progress_expiration: number;
  /** The hash of the content, when the caller of `once` gives one. */
  validation?: string;
  /** The result, once the run is completed. */
  data?: unknown;
}

/**
 * Replaces the domain's idempotency table with one in memory, which is empty at the start of each test. A test of a handler with an
 * `idempotencyKey`, or of an `idempotent` HTTP handler, calls it once at the top of the file. It sets the environment variable
 * `IDEMPOTENCY_TABLE`.
 *
 * @returns the records by their id, and the mocked DynamoDB client, with which a test can make DynamoDB fail
 *
 * @example
 * idempotencyStore();
 *
 * test("an order that is delivered twice is recorded once", async () => {
 *   await deliver(handler, OrderPlaced.example);
 *   await deliver(handler, OrderPlaced.example);
 *   expect(dynamodb.commandCalls(PutCommand)).toHaveLength(1);
 * });
 */
export function idempotencyStore() {
  const records = new Map<string, IdempotencyRecord>();
  const dynamodb = mockClient(DynamoDBClient);
  beforeEach(() => {
    process.env.IDEMPOTENCY_TABLE = "idempotency";
    records.clear();
    dynamodb.reset();
    // Powertools puts a record when it begins, updates it when it is done, and deletes it when the handler throws.
    dynamodb.on(PutItemCommand).callsFake(({ Item }) => {
      const record = unmarshall(Item) as IdempotencyRecord;
      const existing = records.get(record.id);
      const timedOut = existing?.status === "INPROGRESS" && existing.in_progress_expiration < Date.now();
      if (existing && !timedOut) {
        throw new ConditionalCheckFailedException({ $metadata: {}, message: "The record exists.", Item: marshall(existing) });
      }
      records.set(record.id, record);
    });
    dynamodb.on(UpdateItemCommand).callsFake(({ Key, ExpressionAttributeNames: names, ExpressionAttributeValues }) => {
      const { id } = unmarshall(Key);
      const values = unmarshall(ExpressionAttributeValues);
      // The placeholder of an attribute's name is "#status", and that of its value is ":status".
      const changes = Object.entries<string>(names).map(([name, attribute]) => [attribute, values[name.replace("#", ":")]]);
      records.set(id, { ...records.get(id), ...Object.fromEntries(changes) });
    });
    dynamodb.on(DeleteItemCommand).callsFake(({ Key }) => {
      records.delete(unmarshall(Key).id);
    });
  });
  return { records, dynamodb };
}
