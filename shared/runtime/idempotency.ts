import type { JSONValue } from "@aws-lambda-powertools/commons/types";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import type { Context } from "aws-lambda";

/** How long a key is remembered, in seconds. This is longer than a queue or its dead-letter queue keeps a message. */
const REMEMBERED_SECONDS = 15 * 24 * 60 * 60;

let store: DynamoDBPersistenceLayer | undefined;

/**
 * Runs an effect once for each key. A later call with the same key returns the first result. A run that failed can be retried.
 *
 * @param content the content that must be equal in every call with the same key
 * @throws IdempotencyAlreadyInProgressError while another invocation runs the same effect
 * @throws IdempotencyValidationError if the key was used before with other content
 * @example
 * const receipt = await once(`receipt#${orderId}`, lambdaContext, () => sendReceipt(orderId));
 */
export async function once<Result>(key: string, context: Context, run: () => Promise<Result>, content: unknown = null): Promise<Result> {
  const tableName = process.env.IDEMPOTENCY_TABLE;
  if (!tableName) throw new Error("the environment variable IDEMPOTENCY_TABLE is missing. Give the function idempotent: true in stack.ts");
  store ??= new DynamoDBPersistenceLayer({ tableName });
  const config = new IdempotencyConfig({
    eventKeyJmesPath: "key",
    payloadValidationJmesPath: "content",
    expiresAfterSeconds: REMEMBERED_SECONDS,
    throwOnNoIdempotencyKey: true,
    lambdaContext: context,
  });
  const idempotent = makeIdempotent(async (_: { key: string; content: JSONValue }) => asJson(await run()), {
    persistenceStore: store,
    config,
  });
  return (await idempotent({ key, content: content as JSONValue })) as Result;
}

/** The value as JSON carries it. DynamoDB stores neither dates nor undefined, and the second answer must equal the first. */
function asJson(value: unknown): JSONValue {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
