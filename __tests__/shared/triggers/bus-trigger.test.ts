import { defineContract } from "../../../shared/contract";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { BusTrigger, type BusTriggerProps } from "../../../shared/triggers/bus-trigger";
import { ThingDone } from "../../harness/definitions";
import { type Json, referred, resource, resources, statements, synthDomain } from "../../harness/synth";

const bus = (props: Partial<BusTriggerProps> = {}, lambdas = ["work"]) =>
  synthDomain((stack) => {
    const trigger = new BusTrigger(stack, "things", { event: ThingDone, from: "others", ...props });
    for (const id of lambdas) trigger.invokes(new NodejsFunction(stack, id));
  });
const queue = (json: Json, end: string) => resources(json, "aws_sqs_queue").find(({ name }) => name.endsWith(end));

describe("a bus trigger with no option set", () => {
  const { json, findings, stack } = bus();
  const rule = resource(json, "aws_cloudwatch_event_rule");
  const target = resource(json, "aws_cloudwatch_event_target");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("matches one version of one event of one domain on the environment's bus", () => {
    expect(rule.event_bus_name).toMatch(/data\.aws_ssm_parameter\.read-shared-v1-eventBusName/);
    expect(target.event_bus_name).toBe(`\${${target.rule.slice(2, -6)}.event_bus_name}`);
    expect(JSON.parse(rule.event_pattern)).toEqual({ source: ["others"], "detail-type": ["thing-done.v1"] });
  });

  test("invokes the lambda's alias after the permission exists, and only for this rule", () => {
    expect(referred(json, target.arn).name).toBe("current");
    const { principal, source_arn } = resource(json, "aws_lambda_permission");
    expect([principal, referred(json, source_arn)]).toEqual(["events.amazonaws.com", rule]);
    expect(target.depends_on.join()).toMatch(/aws_lambda_permission.*aws_iam_role_policy/);
  });

  test("retries a delivery for up to 2 hours, then sends the event to a dead-letter queue that only this rule can send to", () => {
    expect(target.retry_policy).toEqual({ maximum_retry_attempts: 20, maximum_event_age_in_seconds: 7200 });
    expect(referred(json, target.dead_letter_config.arn)).toBe(queue(json, "-dlq"));
    const [, allow] = JSON.parse(queue(json, "-dlq").policy).Statement;
    expect(allow).toMatchObject({ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage" });
    expect(referred(json, allow.Condition.ArnEquals["aws:SourceArn"])).toBe(rule);
  });

  test("creates no archive, because archives cost money", () => {
    expect(resources(json, "aws_cloudwatch_event_archive")).toEqual([]);
  });

  test("describes its sender, its lambda and both of its queues", () => {
    expect(stack.describe().triggers).toMatchObject([
      {
        kind: "bus",
        from: "others",
        lambdas: ["work"],
        deadLetterQueues: [
          { name: queue(json, "-dlq").name, holds: "deliveries" },
          { name: queue(json, "-failures").name, holds: "invocations", lambda: "work" },
        ],
      },
    ]);
  });
});

describe("a bus trigger with a bus of its own", () => {
  let own: BusTrigger;
  const { json, findings, stack } = synthDomain((domain) => {
    own = new BusTrigger(domain, "things", { event: ThingDone, from: "others", bus: "own", archiveDays: 1 });
    own.invokes(new NodejsFunction(domain, "work"));
    domain.publish(defineContract({ domain: "sample", version: 1, parameters: ["busArn"] }), { busArn: own.bus.arn });
    const sender = new NodejsFunction(domain, "send");
    sender.allow(["events:PutEvents"], own.bus.arn);
    new BusTrigger(domain, "more", { event: ThingDone, from: "others", bus: own.bus }).invokes(sender);
  });
  const made = resource(json, "aws_cloudwatch_event_bus");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("creates it with AWS's own key, and without access for other accounts", () => {
    expect(made).toEqual({ name: "shop-sample-int-things" });
    expect(json.resource.aws_cloudwatch_event_permission ?? json.resource.aws_cloudwatch_event_bus_policy).toBeUndefined();
  });

  test("uses it, and so does another trigger that gets it, and neither uses the environment's bus", () => {
    for (const rule of resources(json, "aws_cloudwatch_event_rule")) expect(referred(json, rule.event_bus_name)).toBe(made);
    expect(resources(json, "aws_cloudwatch_event_rule")).toHaveLength(2);
    expect(stack.describe().reads.flatMap(({ parameters }) => parameters)).not.toContain("eventBusName");
  });

  test("archives its events", () => {
    expect(referred(json, resource(json, "aws_cloudwatch_event_archive").event_source_arn)).toBe(made);
  });

  test("can be published in a contract, and a sender needs a permission on its ARN only", () => {
    expect(referred(json, resource(json, "aws_ssm_parameter").insecure_value)).toBe(made);
    const [sender] = resources(json, "aws_iam_role_policy").flatMap(({ policy }) =>
      statements(json, policy).filter(({ actions }) => actions.includes("events:PutEvents")),
    );
    expect(sender).toEqual({
      actions: ["events:PutEvents"],
      resources: [expect.stringMatching(/^\$\{aws_cloudwatch_event_bus\..*\.arn\}$/)],
    });
  });
});

test("a filter applies to the event's detail", () => {
  const { json } = bus({ filter: { thing: [{ prefix: "a" }] } });
  expect(JSON.parse(resource(json, "aws_cloudwatch_event_rule").event_pattern).detail).toEqual({ thing: [{ prefix: "a" }] });
});

test("a filter of a bus can have the operator wildcard, which other services do not support", () => {
  expect(bus({ filter: { thing: [{ wildcard: "a*z" }] } }).findings).toEqual([]);
});

test("an archive keeps only the events of the rule, for the given number of days", () => {
  const { json } = bus({ archiveDays: 30 });
  const { event_pattern } = resource(json, "aws_cloudwatch_event_rule");
  expect(resource(json, "aws_cloudwatch_event_archive")).toMatchObject({ retention_days: 30, event_pattern });
});

test.each<[Partial<BusTriggerProps>, string]>([
  [{ archiveDays: 0 }, "archiveDays is 0, and AWS accepts whole numbers from 1 to 3650"],
  [{ filter: { thing: [] } }, "thing is an empty list"],
])("%j is refused", (props, message) => {
  expect(bus(props).findings).toEqual([expect.stringContaining(message)]);
});

test("a sixth lambda is refused, because a rule can have 5 targets", () => {
  expect(bus({}, ["a", "b", "c", "d", "e"]).findings).toEqual([]);
  expect(bus({}, ["a", "b", "c", "d", "e", "f"]).findings).toEqual([
    expect.stringContaining("invokes 6 lambdas, but a rule can have 5 targets. Create another BusTrigger"),
  ]);
});

test("a trigger without a lambda is refused", () => {
  expect(bus({}, []).findings).toEqual([
    "sample-int/things: the trigger does not invoke a lambda. Call things.invokes(…), or remove the trigger.",
  ]);
});

test("the alarm of the dead-letter queue names the lambda that was not invoked, and the command that shows the permission to invoke it", () => {
  const { json } = bus();
  const alarms = resources(json, "aws_cloudwatch_metric_alarm");
  const { alarm_description } = alarms.find(({ dimensions }) => dimensions.QueueName?.endsWith("-dlq"));
  expect(alarm_description).toContain("shop-sample-int-work was not invoked");
  expect(alarm_description).toContain("aws lambda get-policy --function-name shop-sample-int-work --qualifier current --region eu-west-1.");
});
