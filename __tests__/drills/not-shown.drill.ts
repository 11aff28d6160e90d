import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The failures that the local AWS cannot show, because it is more lenient than AWS: a drill would pass even if the code were wrong.
 * Instead, the test that is named here checks the rule on the Terraform JSON.
 */
const NOT_SHOWN: [drill: string, because: string, file: string, test: string][] = [
  [
    "how often an invalid change of a table is retried, and where its position is recorded",
    "it does not retry the records that a stream's lambda reports as failed, and does not bisect the batch",
    "shared/triggers/table-trigger.test.ts",
    "is not blocked by a change that always fails: retries are limited, and the dead-letter queue gets its position",
  ],
  [
    "how often an invalid record of a Kinesis stream is retried, and where its position is recorded",
    "it does not retry the records that a stream's lambda reports as failed, and does not bisect the batch",
    "shared/triggers/stream-trigger.test.ts",
    "is not blocked by a record that always fails: retries and age are limited, and the dead-letter queue gets its position before the stream deletes it",
  ],
  [
    "an event that a rule cannot deliver",
    "it stores the dead-letter queue of a target but does not use it",
    "shared/triggers/bus-trigger.test.ts",
    "retries a delivery for up to 2 hours, then sends the event to a dead-letter queue that only this rule can send to",
  ],
  [
    "a message that a topic cannot deliver",
    "it stores the dead-letter queue of a subscription but does not use it",
    "shared/triggers/topic-trigger.test.ts",
    "sends a message that it cannot deliver to a dead-letter queue that only this topic can send to",
  ],
  [
    "an invocation that a schedule cannot deliver",
    "it stores the dead-letter queue of a schedule but does not use it",
    "shared/triggers/schedule-trigger.test.ts",
    "retries a delivery for up to 1 hour, then sends the event to the dead-letter queue",
  ],
  [
    "an event on which an asynchronously invoked lambda fails",
    "it retries, but ignores the on-failure destination of an alias",
    "../conventions/failures.ts",
    "every lambda that is invoked asynchronously has an on-failure destination",
  ],
  [
    "an alarm on a dead-letter queue",
    "it has no metrics of queues, so that their alarms have no data",
    "../conventions/alarms.ts",
    "every dead-letter queue has an alarm that sends a notification when a message is in the queue",
  ],
];

/** The text of a file, whose path is relative to `__tests__`. */
const textOf = (file: string) => readFileSync(join(__dirname, "..", file), "utf8");

test.each(NOT_SHOWN)("%s: the local AWS does not show it, because %s", (_, __, file, name) => {
  expect(textOf(file)).toContain(`"${name}"`);
});

test("npm run test:faults has the drill that kills the local AWS during a deploy and deploys again", () => {
  expect(textOf("faults/deploy.faults.ts")).toContain(
    `"fails when its local AWS is killed in the middle, names the failed stacks, and succeeds when it is run again"`,
  );
});
