import type { JSONValue } from "@aws-lambda-powertools/commons/types";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import type { Context } from "aws-lambda";

/** How long a key is remembered: 15 days. A queue and its dead-letter queue keep a message for at most 14 days. */
const REMEMBERED_SECONDS = 15 * 24 * 60 * 60;

let store: DynamoDBPersistenceLayer | undefined;

/**
 * Runs a function once for each key. A later call with the same key returns the result of the first run, without running again.
 * A key is remembered for 15 days. It is not remembered when the function throws, so a later call runs the function again.
 *
 * The handler makers call it for the options `idempotencyKey` and `idempotent`. Call it yourself only in a handler that is not
 * made by one of them. The function in `stack.ts` must set `idempotent: true`.
 *
 * @param key unique among the keys of this lambda
 * @param context the Lambda context, whose remaining time says when a run that did not finish must have timed out
 * @param run its result is stored as JSON, and every call returns it as JSON returns it: a `Date` becomes text
 * @param content the content of the call, such as a request body. A key can only be used with one content.
 * @throws IdempotencyAlreadyInProgressError when another invocation is running the function for this key
 * @throws IdempotencyValidationError when the key was used with another content
 * @throws the error of the function
 * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/
 *
 * @example
 * import type { Context } from "aws-lambda";
 * import { once } from "../../../shared/runtime/idempotency";
 *
 * export async function handler({ orderId }: { orderId: string }, context: Context): Promise<{ refundedAt: string }> {
 *   return once(`refund#${orderId}`, context, async () => {
 *     // Refund the order here.
 *     return { refundedAt: new Date().toISOString() };
 *   });
 * }
 */
export async function once<Result>(key: string, context: Context, run: () => Promise<Result>, content: unknown = null): Promise<Result> {
  const tableName = process.env.IDEMPOTENCY_TABLE;
  if (!tableName)
    throw new Error("The environment variable IDEMPOTENCY_TABLE is missing. Set idempotent: true on the function in stack.ts.");
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

/**
 * The value after a round trip through JSON. DynamoDB stores neither dates nor `undefined`, and the first result must equal the
 * result of every later call.
 */
function asJson(value: unknown): JSONValue {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
