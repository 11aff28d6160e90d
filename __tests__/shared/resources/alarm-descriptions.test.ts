import type { DomainStack } from "../../../shared/domain-stack";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { BusTrigger } from "../../../shared/triggers/bus-trigger";
import { HttpApiTrigger } from "../../../shared/triggers/http-api-trigger";
import { QueueTrigger } from "../../../shared/triggers/queue-trigger";
import { ScheduleTrigger } from "../../../shared/triggers/schedule-trigger";
import { StreamTrigger } from "../../../shared/triggers/stream-trigger";
import { TableTrigger } from "../../../shared/triggers/table-trigger";
import { TopicTrigger } from "../../../shared/triggers/topic-trigger";
import { ThingDone } from "../../harness/definitions";
import { resources, synthDomain } from "../../harness/synth";

/** The longest id of a lambda: `shop-sample-int-` and the suffix of its role's name leave this many of 64 characters. */
const LONGEST_LAMBDA = 48;

/** Every kind of trigger, with names that are as long as AWS accepts, and with the most lambdas. */
function longNames(stack: DomainStack): void {
  const lambda = (letter: string) => new NodejsFunction(stack, letter.repeat(LONGEST_LAMBDA));
  const [a, b, c, d, e, f] = ["a", "b", "c", "d", "e", "f"].map(lambda) as [NodejsFunction, ...NodejsFunction[]];
  const others = [b, c, d, e, f].filter((each) => each !== undefined);
  new QueueTrigger(stack, "q".repeat(50), { event: ThingDone }).invokes(a);
  const stream = new StreamTrigger(stack, "s".repeat(50), { event: ThingDone }).invokes(a);
  new TableTrigger(stack, "t".repeat(50), { event: ThingDone, partitionKey: "thing" }).invokes(a);
  const topic = new TopicTrigger(stack, "n".repeat(11), { event: ThingDone }).invokes(a);
  new ScheduleTrigger(stack, "r".repeat(40), {
    event: ThingDone,
    expression: "rate(1 day)",
    timeZone: "UTC",
    input: { thing: "one" },
  }).invokes(a);
  const bus = new BusTrigger(stack, "u".repeat(40), { event: ThingDone, from: "sample" }).invokes(a);
  const api = new HttpApiTrigger(stack, "p".repeat(50)).invokes(a, { route: "GET /a", caller: "iam" });
  for (const other of others) {
    stream.invokes(other);
    topic.invokes(other);
    if (other !== f) bus.invokes(other);
    api.invokes(other, { route: `GET /${other.node.id}`, caller: "iam" });
  }
}

test("the description of every alarm fits the 1,024 characters of CloudWatch, however long the names are", () => {
  const { json, findings } = synthDomain(longNames);
  const descriptions = resources(json, "aws_cloudwatch_metric_alarm").map(({ alarm_name, alarm_description }) => [
    alarm_description.length,
    alarm_name,
    alarm_description,
  ]);
  expect(findings).toEqual([]);
  expect(descriptions.filter(([length]) => length > 1024)).toEqual([]);
});
