import type { JSONValue } from "@aws-lambda-powertools/commons/types";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import type { Context } from "aws-lambda";

/** How long a key is remembered: longer than a queue or its dead-letter queue keeps a message. */
const REMEMBERED_SECONDS = 15 * 24 * 60 * 60;

let store: DynamoDBPersistenceLayer | undefined;

/**
 * Does something once for each key, however often it is asked: the second time, the first result
 * is returned. A run that failed may be tried again.
 *
 * @param content what must be the same under the same key
 * @throws IdempotencyAlreadyInProgressError while another invocation does the same
 * @throws IdempotencyValidationError for a key that came with other content
 */
export async function once<Result>(key: string, context: Context, run: () => Promise<Result>, content: unknown = null): Promise<Result> {
  const tableName = process.env.IDEMPOTENCY_TABLE;
  if (!tableName) throw new Error("environment variables: IDEMPOTENCY_TABLE is missing; give the function idempotent: true in stack.ts");
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

/** As it would travel: DynamoDB stores neither dates nor what is undefined, and the second answer must be the first. */
function asJson(value: unknown): JSONValue {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
