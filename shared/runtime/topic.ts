import type { SNSEvent } from "aws-lambda";
import { eventHandler, json } from "./event";

/** Handles a topic's messages; SNS pushes them one at a time. One that fails is tried again, and then goes to the lambda's failure queue. */
export const topicHandler = eventHandler("topic", async ({ Records }: SNSEvent, run) => {
  for (const { Sns } of Records) await run(json(Sns.Message));
});
