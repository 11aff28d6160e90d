import { createHash } from "node:crypto";
import { join } from "node:path";
import type { SynthesizedStack } from "../../conventions/convention";
import { defineContract } from "../../shared/contract";
import type { DomainStack } from "../../shared/domain-stack";
import { Foundation } from "../../shared/foundation/foundation";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { Secret } from "../../shared/lambda/secret";
import { Dashboard } from "../../shared/resources/dashboard";
import { Table } from "../../shared/resources/table";
import { Bundles } from "../../shared/stack/bundles";
import { synthesize } from "../../shared/synth/synthesize";
import { BucketTrigger } from "../../shared/triggers/bucket-trigger";
import { BusTrigger } from "../../shared/triggers/bus-trigger";
import type { Cors } from "../../shared/triggers/cors";
import { HttpApiTrigger } from "../../shared/triggers/http-api-trigger";
import { QueueTrigger } from "../../shared/triggers/queue-trigger";
import { ScheduleTrigger } from "../../shared/triggers/schedule-trigger";
import { StreamTrigger } from "../../shared/triggers/stream-trigger";
import { TableTrigger } from "../../shared/triggers/table-trigger";
import { TopicTrigger } from "../../shared/triggers/topic-trigger";
import { stacksOf } from "./clone";
import { ThingDone } from "./definitions";
import type { WorkVariables } from "./handlers/work";
import { domainClass, live, project, testApp } from "./synth";

const LAMBDAS = ["answer", "count", "follow", "hear", "listen", "note", "queue-up", "read", "tick", "work"];
const DOMAIN = "sample";

/** Something of every kind, and of every option that makes other resources. */
function define(stack: DomainStack): void {
  new Dashboard(stack, "dashboard");
  const lambda = (id: string) => new NodejsFunction(stack, id, { idempotent: true, tracing: true });
  const [answer, count, note] = [lambda("answer"), lambda("count"), lambda("note")];
  const work = new NodejsFunction<WorkVariables>(stack, "work", { idempotent: true, tracing: true, environment: { PLACE: "here" } });
  const things = new QueueTrigger(stack, "things", { event: ThingDone }).invokes(work);
  new QueueTrigger(stack, "line", { event: ThingDone, fifo: true }).invokes(lambda("queue-up"), {
    filters: [{ body: { thing: ["one"] } }],
  });
  new Table(stack, "totals", { partitionKey: "day" });
  new TableTrigger(stack, "entries", { event: ThingDone, partitionKey: "thing" }).invokes(note);
  const domain = { domainName: "api.example.com", certificateArn: stack.arnOf("acm", "certificate/1b9d6bcd") };
  const cors: Cors = { allowOrigins: ["https://shop.example.com"], allowCredentials: true };
  new HttpApiTrigger(stack, "api", { domain, cors }).invokes(answer, { route: "GET /things", caller: "iam" });
  new StreamTrigger(stack, "happenings", { event: ThingDone }).invokes(count, { enhancedFanOut: true });
  new TopicTrigger(stack, "news", { event: ThingDone }).invokes(lambda("hear"));
  new BusTrigger(stack, "done", { event: ThingDone, from: "sample", archiveDays: 30 }).invokes(lambda("listen"));
  new BusTrigger(stack, "whispers", { event: ThingDone, from: "sample", bus: "own" }).invokes(lambda("follow"));
  new BucketTrigger(stack, "papers", { event: ThingDone }).invokes(lambda("read"));
  new ScheduleTrigger(stack, "once", {
    expression: "at(2099-12-31T23:00:00)",
    timeZone: "UTC",
    event: ThingDone,
    input: { thing: "of 2099-12-31T23:00:00Z" },
  }).invokes(lambda("tick"));
  new Secret(stack, "key").grantRead(work);
  stack.publish(defineContract({ domain: DOMAIN, version: 1, parameters: ["queueUrl"] }), { queueUrl: things.queue.url });
}

/** A foundation and a domain with something of every kind, in an environment that protects data. */
export function synthSpecimens(): SynthesizedStack[] {
  const app = testApp();
  const zip = Buffer.from("a zip that no rule unpacks");
  const hash = createHash("sha256").update(zip).digest("base64");
  const bundle = { zip, hash, source: "shared/stack/bundles.ts" };
  const handled = { ...bundle, source: "__tests__/harness/handlers/work.ts" };
  const bundles = new Bundles(new Map(LAMBDAS.map((lambda) => [`${DOMAIN}/${lambda}`, lambda === "work" ? handled : bundle])));

  const props = { project: { ...project, entryDomain: DOMAIN }, environment: live, bundles };
  const Stack = domainClass(define);
  new Foundation(app, "shared", props);
  new Stack(app, DOMAIN, props);
  synthesize(app, { ...props, domains: [{ name: DOMAIN, folder: join(__dirname, DOMAIN), Stack }], bundles });
  return stacksOf(app.outdir, project);
}
