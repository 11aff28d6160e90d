import { defineContract } from "../../shared/contract";
import type { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { Secret } from "../../shared/lambda/secret";
import { Dashboard } from "../../shared/resources/dashboard";
import { Table } from "../../shared/resources/table";
import { BucketTrigger } from "../../shared/triggers/bucket-trigger";
import { BusTrigger } from "../../shared/triggers/bus-trigger";
import type { Cors } from "../../shared/triggers/cors";
import { HttpApiTrigger } from "../../shared/triggers/http-api-trigger";
import { QueueTrigger } from "../../shared/triggers/queue-trigger";
import { ScheduleTrigger } from "../../shared/triggers/schedule-trigger";
import { StreamTrigger } from "../../shared/triggers/stream-trigger";
import { TableTrigger } from "../../shared/triggers/table-trigger";
import { TopicTrigger } from "../../shared/triggers/topic-trigger";
import { ThingDone } from "./definitions";
import type { WorkVariables } from "./handlers/work";

/** The name of the domain. */
export const SAMPLE = "sample";

/** The lambda of each trigger, by the name of its file. */
export const SAMPLE_LAMBDAS = ["answer", "count", "follow", "hear", "listen", "note", "queue-up", "read", "tick", "work"];

/** A domain with a trigger of every kind, and with every option that adds resources or changes one that a convention is about. */
export function defineSample(stack: DomainStack): void {
  const lambda = (id: string) => new NodejsFunction(stack, id, { idempotent: true, tracing: true });

  const work = new NodejsFunction<WorkVariables>(stack, "work", { idempotent: true, tracing: true, environment: { PLACE: "here" } });
  const things = new QueueTrigger(stack, "things", { event: ThingDone });
  things.invokes(work);
  const line = new QueueTrigger(stack, "line", { event: ThingDone, fifo: true });
  line.invokes(lambda("queue-up"), { filters: [{ body: { thing: ["one"] } }] });

  new TableTrigger(stack, "entries", { event: ThingDone, partitionKey: "thing" }).invokes(lambda("note"));
  new StreamTrigger(stack, "happenings", { event: ThingDone }).invokes(lambda("count"), { enhancedFanOut: true });
  new TopicTrigger(stack, "news", { event: ThingDone }).invokes(lambda("hear"));
  new BusTrigger(stack, "done", { event: ThingDone, from: SAMPLE, archiveDays: 30 }).invokes(lambda("listen"));
  new BusTrigger(stack, "whispers", { event: ThingDone, from: SAMPLE, bus: "own" }).invokes(lambda("follow"));
  new BucketTrigger(stack, "papers", { event: ThingDone }).invokes(lambda("read"));

  // Authors can write times in a schedule and its input. They are not times of the synth, which the artifact must not contain.
  const once = new ScheduleTrigger(stack, "once", {
    expression: "at(2099-12-31T23:00:00)",
    timeZone: "UTC",
    event: ThingDone,
    input: { thing: "of 2099-12-31T23:00:00Z" },
  });
  once.invokes(lambda("tick"));

  const domain = { domainName: `api.${stack.environment.name}.example.com`, certificateArn: stack.arnOf("acm", "certificate/1b9d6bcd") };
  const cors: Cors = { allowOrigins: ["https://shop.example.com"], allowCredentials: true };
  const answer = lambda("answer");
  const api = new HttpApiTrigger(stack, "api", { domain, cors });
  api.invokes(answer, { route: "GET /things", caller: "iam" });
  api.invokes(answer, { route: "POST /things", caller: { issuer: "https://login.example.com", audience: ["shop"] } });

  new Dashboard(stack, "dashboard");
  new Table(stack, "totals", { partitionKey: "day" });
  new Secret(stack, "key").grantRead(work);
  stack.publish(defineContract({ domain: SAMPLE, version: 1, parameters: ["queueUrl"] }), { queueUrl: things.queue.url });
}
