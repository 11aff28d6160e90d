import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { TopicTrigger, type TopicWiring } from "../../../shared/triggers/topic-trigger";
import { ThingDone } from "../../harness/definitions";
import { type Json, referred, resource, resources, statements, synthDomain } from "../../harness/synth";

const topic = (wiring: TopicWiring = {}) =>
  synthDomain((stack) => {
    new TopicTrigger(stack, "things", { event: ThingDone }).invokes(new NodejsFunction(stack, "work"), wiring);
  });
const queue = (json: Json, end: string) => resources(json, "aws_sqs_queue").find(({ name }) => name.endsWith(end));

describe("a topic with no option set", () => {
  const { json, findings, stack } = topic();
  const subscription = resource(json, "aws_sns_topic_subscription");

  test("produces no findings, and is encrypted", () => {
    expect(findings).toEqual([]);
    expect(resource(json, "aws_sns_topic").kms_master_key_id).toBe("alias/aws/sns");
  });

  test("denies messages that are published without TLS", () => {
    expect(statements(json, resource(json, "aws_sns_topic_policy").policy)).toEqual([
      expect.objectContaining({
        effect: "Deny",
        actions: ["sns:Publish"],
        condition: [expect.objectContaining({ variable: "aws:SecureTransport" })],
      }),
    ]);
  });

  test("invokes the lambda's alias after the permission exists, and only for this topic", () => {
    const permission = resource(json, "aws_lambda_permission");
    expect(referred(json, subscription.endpoint).name).toBe("current");
    expect(permission).toMatchObject({ principal: "sns.amazonaws.com", source_arn: subscription.topic_arn });
    expect(subscription.depends_on.join()).toMatch(/aws_lambda_permission.*aws_iam_role_policy/);
  });

  test("delivers messages of its event only", () => {
    expect(JSON.parse(subscription.filter_policy)).toEqual({ type: ["thing-done.v1"] });
  });

  test("sends a message that it cannot deliver to a dead-letter queue that only this topic can send to", () => {
    const undelivered = queue(json, "-dlq");
    expect(referred(json, subscription.redrive_policy)).toBe(undelivered);
    expect(JSON.parse(undelivered.policy).Statement).toContainEqual(
      expect.objectContaining({
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Condition: { ArnEquals: { "aws:SourceArn": subscription.topic_arn } },
      }),
    );
  });

  test("has an on-failure destination, and describes both queues", () => {
    const { destination_config } = resource(json, "aws_lambda_function_event_invoke_config");
    expect(referred(json, destination_config.on_failure.destination)).toBe(queue(json, "-failures"));
    expect(stack.describe().triggers).toMatchObject([
      {
        kind: "topic",
        lambdas: ["work"],
        deadLetterQueues: [
          { name: queue(json, "-dlq").name, holds: "deliveries", lambda: "work" },
          { name: queue(json, "-failures").name, holds: "invocations", lambda: "work" },
        ],
      },
    ]);
  });
});

test("each lambda has a dead-letter queue of its own, because a message does not say which lambda it was for", () => {
  const { json, stack } = synthDomain((stack) => {
    const trigger = new TopicTrigger(stack, "things", { event: ThingDone });
    for (const id of ["one", "other"]) trigger.invokes(new NodejsFunction(stack, id));
  });
  const subscriptions = resources(json, "aws_sns_topic_subscription");
  const queues = subscriptions.map(({ redrive_policy }) => referred(json, redrive_policy).name);
  const deliveries = stack.describe().triggers[0]?.deadLetterQueues.filter(({ holds }) => holds === "deliveries");
  expect(new Set(queues).size).toBe(2);
  expect(deliveries?.map(({ name, lambda }) => [name, lambda])).toEqual([
    [queues[0], "one"],
    [queues[1], "other"],
  ]);
});

test("a filter replaces the default filter on the event's type", () => {
  const { json } = topic({ filter: { country: ["DE"] } });
  expect(JSON.parse(resource(json, "aws_sns_topic_subscription").filter_policy)).toEqual({ country: ["DE"] });
});

test("a filter that is not a valid pattern is refused", () => {
  expect(topic({ filter: { country: "DE" } as never }).findings).toEqual([expect.stringContaining('Write ["DE"].')]);
});

test.each([{ order: { status: ["paid"] } }, { $or: [{ order: { status: ["paid"] } }] } as never])(
  "the filter %j on a topic is refused, because message attributes do not have fields",
  (filter) => {
    const { findings } = topic({ filter });
    expect(findings).toEqual([
      expect.stringContaining('the filter\'s order is {"status":["paid"]}, but a message attribute does not have fields. Write a list'),
    ]);
  },
);

test("the alarm of the dead-letter queue names the lambda that was not invoked, and the command that shows the permission to invoke it", () => {
  const { json } = topic();
  const alarms = resources(json, "aws_cloudwatch_metric_alarm");
  const { alarm_description } = alarms.find(({ dimensions }) => dimensions.QueueName?.endsWith("-dlq"));
  expect(alarm_description).toContain("shop-sample-int-work was not invoked");
  expect(alarm_description).toContain("aws lambda get-policy --function-name shop-sample-int-work --qualifier current --region eu-west-1.");
});
