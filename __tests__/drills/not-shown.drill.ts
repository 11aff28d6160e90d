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
    "is not stopped by one bad change: retries are bounded, and the place is noted in a queue",
  ],
  [
    "how often an invalid record of a Kinesis stream is retried, and where its position is recorded",
    "it does not retry the records that a stream's lambda reports as failed, and does not bisect the batch",
    "shared/triggers/stream-trigger.test.ts",
    "is not stopped by one bad record: retries and age are bounded, and the place is noted in a queue before the stream forgets it",
  ],
  [
    "an event that a rule cannot deliver",
    "it stores the dead-letter queue of a target but does not use it",
    "shared/triggers/bus-trigger.test.ts",
    "tries what it cannot deliver for two hours at most, then puts it into a queue where only it may",
  ],
  [
    "a message that a topic cannot deliver",
    "it stores the dead-letter queue of a subscription but does not use it",
    "shared/triggers/topic-trigger.test.ts",
    "puts what it cannot deliver into a queue where only it may",
  ],
  [
    "an invocation that a schedule cannot deliver",
    "it stores the dead-letter queue of a schedule but does not use it",
    "shared/triggers/schedule-trigger.test.ts",
    "tries for an hour at most, then notes the call in a queue",
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
