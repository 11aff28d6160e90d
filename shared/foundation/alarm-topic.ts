import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { Construct } from "constructs";
import type { DomainStack } from "../domain-stack";
import { policyDocument, refusePlainRequests } from "../resources/iam";

/** Where every alarm of the environment goes, encrypted with a key that CloudWatch may use. */
export class AlarmTopic extends Construct {
  readonly topic: SnsTopic;

  constructor(stack: DomainStack, id: string) {
    super(stack, id);
    const { account, alarmEmail } = stack.environment;
    const ownAccount = { test: "StringEquals", variable: "aws:SourceAccount", values: [account] };
    const cloudWatch = { type: "Service", identifiers: ["cloudwatch.amazonaws.com"] };

    // A key of our own, for the policy of AWS's SNS key cannot be changed and does not let CloudWatch in:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    // In a key's policy the resource "*" is this key alone.
    const policy = policyDocument(this, "key-policy", [
      // Without this one nobody could ever change the key.
      { actions: ["kms:*"], resources: ["*"], principals: [{ type: "AWS", identifiers: [stack.arnOf("iam", "root")] }] },
      { actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: ["*"], principals: [cloudWatch], condition: [ownAccount] },
    ]);
    const key = new KmsKey(this, "key", { description: "Encrypts the alarm topic", enableKeyRotation: true, policy });
    new KmsAlias(this, "key-alias", { name: stack.nameFor(this, "KMS alias", "alarms"), targetKeyId: key.keyId });

    this.topic = new SnsTopic(this, "topic", { name: stack.nameFor(this, "SNS topic", "alarms"), kmsMasterKeyId: key.arn });
    const publish = { actions: ["sns:Publish"], resources: [this.topic.arn] };
    const anyAlarm = { test: "ArnLike", variable: "aws:SourceArn", values: [stack.arnOf("cloudwatch", "alarm:*")] };
    const topicPolicy = policyDocument(this, "topic-policy-document", [
      { ...publish, principals: [cloudWatch], condition: [ownAccount, anyAlarm] },
      refusePlainRequests(publish.actions, publish.resources),
    ]);
    new SnsTopicPolicy(this, "topic-policy", { arn: this.topic.arn, policy: topicPolicy });
    if (alarmEmail) new SnsTopicSubscription(this, "email", { topicArn: this.topic.arn, protocol: "email", endpoint: alarmEmail });
  }
}
