import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import type { Json } from "./json";

/** A domain's idempotency table in memory, empty for each test: does what Powertools asks of DynamoDB. */
export function idempotencyStore() {
  const records = new Map<string, Json>();
  const dynamodb = mockClient(DynamoDBClient);
  beforeEach(() => {
    process.env.IDEMPOTENCY_TABLE = "idempotency";
    records.clear();
    dynamodb.reset();
    dynamodb.on(PutItemCommand).callsFake(({ Item }) => {
      const record = unmarshall(Item);
      const there = records.get(record.id);
      const timedOut = there?.status === "INPROGRESS" && there.in_progress_expiration < Date.now();
      if (there && !timedOut) throw new ConditionalCheckFailedException({ $metadata: {}, message: "there is one", Item: marshall(there) });
      records.set(record.id, record);
    });
    dynamodb.on(UpdateItemCommand).callsFake(({ Key, ExpressionAttributeNames: names, ExpressionAttributeValues }) => {
      const { id } = unmarshall(Key);
      const values = unmarshall(ExpressionAttributeValues);
      const changes = Object.entries<string>(names).map(([name, attribute]) => [attribute, values[name.replace("#", ":")]]);
      records.set(id, { ...records.get(id), ...Object.fromEntries(changes) });
    });
    dynamodb.on(DeleteItemCommand).callsFake(({ Key }) => {
      records.delete(unmarshall(Key).id);
    });
  });
  return { records, dynamodb };
}
