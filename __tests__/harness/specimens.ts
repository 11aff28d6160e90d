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

const DOMAIN = "sample";

/** The lambda of each trigger, by the name of its file. */
const LAMBDAS = ["answer", "count", "follow", "hear", "listen", "note", "queue-up", "read", "tick", "work"];

/** A domain with a trigger of every kind, and with every option that adds resources or changes one that a convention is about. */
function define(stack: DomainStack): void {
  const lambda = (id: string) => new NodejsFunction(stack, id, { idempotent: true, tracing: true });

  const work = new NodejsFunction<WorkVariables>(stack, "work", { idempotent: true, tracing: true, environment: { PLACE: "here" } });
  const things = new QueueTrigger(stack, "things", { event: ThingDone });
  things.invokes(work);
  const line = new QueueTrigger(stack, "line", { event: ThingDone, fifo: true });
  line.invokes(lambda("queue-up"), { filters: [{ body: { thing: ["one"] } }] });

  new TableTrigger(stack, "entries", { event: ThingDone, partitionKey: "thing" }).invokes(lambda("note"));
  new StreamTrigger(stack, "happenings", { event: ThingDone }).invokes(lambda("count"), { enhancedFanOut: true });
  new TopicTrigger(stack, "news", { event: ThingDone }).invokes(lambda("hear"));
  new BusTrigger(stack, "done", { event: ThingDone, from: DOMAIN, archiveDays: 30 }).invokes(lambda("listen"));
  new BusTrigger(stack, "whispers", { event: ThingDone, from: DOMAIN, bus: "own" }).invokes(lambda("follow"));
  new BucketTrigger(stack, "papers", { event: ThingDone }).invokes(lambda("read"));

  // Authors can write times in a schedule and its input. They are not times of the synth, which the artifact must not contain.
  const once = new ScheduleTrigger(stack, "once", {
    expression: "at(2099-12-31T23:00:00)",
    timeZone: "UTC",
    event: ThingDone,
    input: { thing: "of 2099-12-31T23:00:00Z" },
  });
  once.invokes(lambda("tick"));

  const domain = { domainName: "api.example.com", certificateArn: stack.arnOf("acm", "certificate/1b9d6bcd") };
  const cors: Cors = { allowOrigins: ["https://shop.example.com"], allowCredentials: true };
  new HttpApiTrigger(stack, "api", { domain, cors }).invokes(lambda("answer"), { route: "GET /things", caller: "iam" });

  new Dashboard(stack, "dashboard");
  new Table(stack, "totals", { partitionKey: "day" });
  new Secret(stack, "key").grantRead(work);
  stack.publish(defineContract({ domain: DOMAIN, version: 1, parameters: ["queueUrl"] }), { queueUrl: things.queue.url });
}

/**
 * Two stacks that obey every convention, for its counter-examples: the foundation (`shared`) and a domain (`sample`),
 * in an environment that protects data.
 * @param folder the name of the domain's folder, if the domain was renamed since it was deployed as `sample`
 */
export function synthSpecimens(folder = DOMAIN): SynthesizedStack[] {
  const app = testApp();
  const bundles = stubBundles(folder);
  const props = { project: { ...project, entryDomain: folder }, environment: live, bundles };
  const Stack = class extends domainClass(define) {
    static override readonly formerly = folder === DOMAIN ? undefined : DOMAIN;
  };
  new Stack(app, folder, props);
  new Foundation(app, "shared", props);
  synthesize(app, { ...props, domains: [{ name: folder, folder: join(__dirname, DOMAIN), Stack }], bundles });
  return stacksOf(app.outdir, project);
}

/** Bundles with the right hash, because a convention compares it. The source of `work` is a handler, that of all others is not. */
function stubBundles(folder: string): Bundles {
  const zip = Buffer.from("a zip that no convention unpacks");
  const hash = createHash("sha256").update(zip).digest("base64");
  const sourceOf = (lambda: string) => (lambda === "work" ? "__tests__/harness/handlers/work.ts" : "shared/stack/bundles.ts");
  return new Bundles(new Map(LAMBDAS.map((lambda) => [`${folder}/${lambda}`, { zip, hash, source: sourceOf(lambda) }])));
}
