import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the local AWS is too lenient to show, so that a drill would pass whatever the code does:
 * the rule is asserted on the JSON that Terraform gets instead, by the test that is named here.
 */
const NOT_SHOWN: [drill: string, because: string, file: string, test: string][] = [
  [
    "how often a poison change of a table comes again, and where it is noted",
    "it takes what a stream's lambda reports as failed for done, and does not bisect",
    "shared/triggers/table-trigger.test.ts",
    "is not stopped by one bad change: retries are bounded, and the place is noted in a queue",
  ],
  [
    "how often a poison record of a Kinesis stream comes again, and where it is noted",
    "it takes what a stream's lambda reports as failed for done, and does not bisect",
    "shared/triggers/stream-trigger.test.ts",
    "is not stopped by one bad record: retries and age are bounded, and the place is noted in a queue before the stream forgets it",
  ],
  [
    "an event that a rule cannot deliver",
    "it only stores a target's dead-letter queue",
    "shared/triggers/bus-trigger.test.ts",
    "tries what it cannot deliver for two hours at most, then puts it into a queue where only it may",
  ],
  [
    "a message that a topic cannot deliver",
    "it only stores a subscription's dead-letter queue",
    "shared/triggers/topic-trigger.test.ts",
    "puts what it cannot deliver into a queue where only it may",
  ],
  [
    "a call that a schedule cannot make",
    "it only stores a schedule's dead-letter queue",
    "shared/triggers/schedule-trigger.test.ts",
    "tries for an hour at most, then notes the call in a queue",
  ],
  [
    "an event that a lambda fails on after it was pushed",
    "it retries, but passes over the failure destination of an alias",
    "../conventions/failures.ts",
    "every lambda that is invoked asynchronously has an on-failure destination",
  ],
  [
    "an alarm on a dead-letter queue",
    "it measures no queues, so that their alarms have no data",
    "../conventions/alarms.ts",
    "every dead-letter queue has an alarm that sends a notification when a message is in the queue",
  ],
];

/** The text of a file, whose path is relative to `__tests__`. */
const textOf = (file: string) => readFileSync(join(__dirname, "..", file), "utf8");

test.each(NOT_SHOWN)("%s: the local AWS would not show it, for %s", (_, __, file, name) => {
  expect(textOf(file)).toContain(`"${name}"`);
});

test("the local AWS is killed while it is deployed to, and deployed to again: that is a drill of npm run test:faults", () => {
  expect(textOf("faults/deploy.faults.ts")).toContain(
    `"whose local AWS is killed in the middle fails, names what failed, and finishes when it is run again"`,
  );
});
