import { Testing } from "cdktf";
import { defineContract } from "../../../shared/contract";
import type { DomainStack } from "../../../shared/domain-stack";
import { minutes } from "../../../shared/duration";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { Secret } from "../../../shared/lambda/secret";
import { Alarm } from "../../../shared/resources/alarm";
import { Dashboard } from "../../../shared/resources/dashboard";
import { DeadLetterQueue } from "../../../shared/resources/dead-letter-queue";
import { Table } from "../../../shared/resources/table";
import { listFindings } from "../../../shared/stack/findings";
import type { FormerId } from "../../../shared/stack/former-ids";
import { BucketTrigger } from "../../../shared/triggers/bucket-trigger";
import { BusTrigger } from "../../../shared/triggers/bus-trigger";
import { HttpApiTrigger } from "../../../shared/triggers/http-api-trigger";
import { QueueTrigger } from "../../../shared/triggers/queue-trigger";
import { ScheduleTrigger } from "../../../shared/triggers/schedule-trigger";
import { StreamTrigger } from "../../../shared/triggers/stream-trigger";
import { TableTrigger } from "../../../shared/triggers/table-trigger";
import { TopicTrigger } from "../../../shared/triggers/topic-trigger";
import { ThingDone } from "../../harness/definitions";
import { domainClass, type Json, stackProps, synthDomain, testApp } from "../../harness/synth";

const event = ThingDone;

/** Creates the construct that is renamed, and the lambda that it invokes. */
type Create = (stack: DomainStack, id: string, formerId: FormerId, work: NodejsFunction) => unknown;

const CONSTRUCTS: Record<string, Create> = {
  QueueTrigger: (stack, id, formerId, work) => new QueueTrigger(stack, id, { event, ...formerId }).invokes(work),
  "QueueTrigger with a FIFO queue": (stack, id, formerId, work) =>
    new QueueTrigger(stack, id, { event, fifo: true, ...formerId }).invokes(work),
  TableTrigger: (stack, id, formerId, work) => new TableTrigger(stack, id, { event, partitionKey: "thing", ...formerId }).invokes(work),
  StreamTrigger: (stack, id, formerId, work) =>
    new StreamTrigger(stack, id, { event, ...formerId }).invokes(work, { enhancedFanOut: true }),
  TopicTrigger: (stack, id, formerId, work) => new TopicTrigger(stack, id, { event, ...formerId }).invokes(work),
  "BusTrigger with a bus of its own": (stack, id, formerId, work) =>
    new BusTrigger(stack, id, { event, from: "sample", bus: "own", archiveDays: 1, ...formerId }).invokes(work),
  BucketTrigger: (stack, id, formerId, work) => new BucketTrigger(stack, id, { event, ...formerId }).invokes(work),
  ScheduleTrigger: (stack, id, formerId, work) =>
    new ScheduleTrigger(stack, id, { event, expression: "rate(1 day)", timeZone: "UTC", input: { thing: "one" }, ...formerId }).invokes(
      work,
    ),
  HttpApiTrigger: (stack, id, formerId, work) => new HttpApiTrigger(stack, id, formerId).invokes(work, { route: "GET /", caller: "iam" }),
  Table: (stack, id, formerId) => new Table(stack, id, { partitionKey: "thing", ...formerId }),
  Secret: (stack, id, formerId, work) => new Secret(stack, id, formerId).grantRead(work),
  Dashboard: (stack, id, formerId) => new Dashboard(stack, id, formerId),
  DeadLetterQueue: (stack, id, formerId) => new DeadLetterQueue(stack, id, { holds: "things", ...formerId }),
  Alarm: (stack, id, formerId) =>
    new Alarm(stack, id, {
      metric: ["AWS/SQS", "NumberOfMessagesSent", "QueueName", "things"],
      statistic: "Sum",
      period: minutes(5),
      description: "",
      ...formerId,
    }),
};

/** What Terraform gets, without the notes of CDKTF about the tree of constructs. */
function withoutNotes(json: Json): Json {
  if (Array.isArray(json)) return json.map(withoutNotes);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).flatMap(([key, value]) => (key === "//" ? [] : [[key, withoutNotes(value)]])));
}

describe.each(Object.entries(CONSTRUCTS))("%s", (_, create) => {
  test("under a new id plans nothing if it says how it was called", () => {
    const before = synthDomain((stack) => create(stack, "first", {}, new NodejsFunction(stack, "work")));
    const after = synthDomain((stack) => create(stack, "second", { formerly: "first" }, new NodejsFunction(stack, "work")));
    expect(after.findings).toEqual([]);
    expect(withoutNotes(after.json)).toEqual(withoutNotes(before.json));
  });

  test("plans nothing if the lambda that it uses has a new id and says how it was called", () => {
    const before = synthDomain((stack) => create(stack, "first", {}, new NodejsFunction(stack, "work")));
    const after = synthDomain((stack) => create(stack, "first", {}, new NodejsFunction(stack, "labour", { formerly: "work" })));
    expect(after.findings).toEqual([]);
    expect(withoutNotes(after.json)).toEqual(withoutNotes(before.json));
  });
});

const contract = defineContract({ domain: "sample", version: 1, parameters: ["url"] });

function defineSample(stack: DomainStack): void {
  const work = new NodejsFunction(stack, "work", { idempotent: true });
  for (const [index, create] of Object.values(CONSTRUCTS).entries()) {
    create(stack, `thing-${index}`, {}, index === 0 ? work : new NodejsFunction(stack, `work-${index}`));
  }
  stack.publish(contract, { url: "http://things.example.com" });
}

/** The domain in a folder with another name. */
function inFolder(name: string, formerly?: string) {
  const Stack = class extends domainClass(defineSample) {
    static override readonly formerly = formerly;
  };
  const stack = new Stack(testApp(), name, stackProps());
  return { stack, findings: listFindings(stack), json: JSON.parse(Testing.synth(stack)) };
}

describe("a domain in a folder with a new name", () => {
  const before = inFolder("sample");
  const after = inFolder("example", "sample");

  test("plans nothing, and has the same state, if it says how it was called", () => {
    expect(after.findings).toEqual([]);
    expect(withoutNotes(after.json)).toEqual(withoutNotes(before.json));
  });

  test("has a stack with the new name, which commands and CDKTF use", () => {
    expect(after.stack.node.id).toBe("example-int");
    expect(after.stack.describe()).toMatchObject({ stack: "example-int", domain: "example", formerly: "sample" });
  });

  test("without its former name is another system", () => {
    expect(withoutNotes(inFolder("example").json)).not.toEqual(withoutNotes(before.json));
  });
});

test.each([
  ["the id that it has", { formerly: "second" }, 'formerly is "second", which is the construct\'s id. Remove formerly.'],
  ["a name that is no id", { formerly: "First Queue" }, "an id is made of lower-case letters and digits"],
  ["the id of another construct", { formerly: "third" }, "sample-int/third has this id too, or had it"],
  ["the former id of another construct", { formerly: "zeroth" }, "sample-int/third-b has this id too, or had it"],
])("a former id is a finding if it is %s", (_, formerId, finding) => {
  const { findings } = synthDomain((stack) => {
    new Table(stack, "third", { partitionKey: "thing" });
    new Table(stack, "third-b", { partitionKey: "thing", formerly: "zeroth" });
    new Table(stack, "second", { partitionKey: "thing", ...formerId });
  });
  expect(findings).toContainEqual(expect.stringContaining(finding));
});

test("a new construct cannot take the id that a renamed one had, also if it is of another kind, because their addresses would be equal", () => {
  const { findings } = synthDomain((stack) => {
    new BucketTrigger(stack, "second", { event, formerly: "first" }).invokes(new NodejsFunction(stack, "work"));
    new BusTrigger(stack, "first", { event, from: "sample" }).invokes(new NodejsFunction(stack, "labour"));
  });
  const problem =
    'sample-int/second: formerly is "first", but sample-int/first has this id too, or had it. Give that construct another id.';
  expect(findings).toContainEqual(problem);
});
