import { type Json, referred, resource, resources, statements, synthFoundation } from "../../harness/synth";

const { json } = synthFoundation();
const topic = resource(json, "aws_sns_topic");
const OWN_ACCOUNT = { test: "StringEquals", variable: "aws:SourceAccount", values: ["111111111111"] };
const CLOUDWATCH = [{ type: "Service", identifiers: ["cloudwatch.amazonaws.com"] }];

test("the alarm topic is encrypted with a customer managed key that rotates", () => {
  expect(referred(json, topic.kms_master_key_id)).toBe(resource(json, "aws_kms_key"));
  expect(resource(json, "aws_kms_key").enable_key_rotation).toBe(true);
});

test("CloudWatch may use the key for alarms of this account only, because without the key no notification would arrive", () => {
  expect(statements(json, resource(json, "aws_kms_key").policy)).toContainEqual({
    actions: ["kms:Decrypt", "kms:GenerateDataKey"],
    resources: ["*"],
    principals: CLOUDWATCH,
    condition: [OWN_ACCOUNT],
  });
});

test("the account can always administer the key", () => {
  expect(statements(json, resource(json, "aws_kms_key").policy)).toContainEqual({
    actions: ["kms:*"],
    resources: ["*"],
    principals: [{ type: "AWS", identifiers: ["arn:aws:iam::111111111111:root"] }],
  });
});

describe("the topic's policy", () => {
  const policy = resource(json, "aws_sns_topic_policy");
  const [allow, deny, ...others]: Json[] = statements(json, policy.policy);

  test("applies to the topic only", () => {
    expect(referred(json, policy.arn)).toBe(topic);
    for (const { resources: on } of [allow, deny]) expect(on).toEqual([policy.arn]);
    expect(others).toEqual([]);
  });

  test("allows only the alarms of this account to publish", () => {
    expect(allow.actions).toEqual(["sns:Publish"]);
    expect(allow.principals).toEqual(CLOUDWATCH);
    expect(allow.condition).toEqual([
      OWN_ACCOUNT,
      { test: "ArnLike", variable: "aws:SourceArn", values: ["arn:aws:cloudwatch:eu-west-1:111111111111:alarm:*"] },
    ]);
  });

  test("denies requests that do not use TLS", () => {
    expect(deny).toMatchObject({ effect: "Deny", condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }] });
  });
});

test("the environment's e-mail address subscribes to the topic, which has no subscriber without that address", () => {
  expect(resource(json, "aws_sns_topic_subscription")).toMatchObject({ protocol: "email", endpoint: "alarms@example.com" });
  expect(resources(synthFoundation({ alarmEmail: undefined }).json, "aws_sns_topic_subscription")).toEqual([]);
});
