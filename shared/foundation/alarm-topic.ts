import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { Construct } from "constructs";
import type { DomainStack } from "../domain-stack";
import { denyRequestsWithoutTls, policyDocument } from "../resources/iam";

/**
 * The SNS topic that every alarm of the environment notifies. It is encrypted with a key that CloudWatch may use.
 * The environment's `alarmEmail` subscribes to it. Without that address, the topic has no subscriber.
 */
export class AlarmTopic extends Construct {
  readonly topic: SnsTopic;

  constructor(stack: DomainStack, id: string) {
    super(stack, id);
    const { account, alarmEmail } = stack.environment;
    const fromOwnAccount = { test: "StringEquals", variable: "aws:SourceAccount", values: [account] };
    const cloudWatch = { type: "Service", identifiers: ["cloudwatch.amazonaws.com"] };

    // The topic needs a customer managed key, because the policy of the AWS managed key for SNS cannot be changed and does not
    // allow CloudWatch: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    // In a key policy, the resource "*" means this key only.
    const keyPolicy = policyDocument(this, "key-policy", [
      // Without this statement, no principal could ever change or delete the key.
      { actions: ["kms:*"], resources: ["*"], principals: [{ type: "AWS", identifiers: [stack.arnOf("iam", "root")] }] },
      { actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: ["*"], principals: [cloudWatch], condition: [fromOwnAccount] },
    ]);
    const key = new KmsKey(this, "key", { description: "Encrypts the alarm topic", enableKeyRotation: true, policy: keyPolicy });
    new KmsAlias(this, "key-alias", { name: stack.nameFor(this, "KMS alias", "alarms"), targetKeyId: key.keyId });

    this.topic = new SnsTopic(this, "topic", { name: stack.nameFor(this, "SNS topic", "alarms"), kmsMasterKeyId: key.arn });
    const publishToTopic = { actions: ["sns:Publish"], resources: [this.topic.arn] };
    const fromAlarm = { test: "ArnLike", variable: "aws:SourceArn", values: [stack.arnOf("cloudwatch", "alarm:*")] };
    const topicPolicy = policyDocument(this, "topic-policy-document", [
      { ...publishToTopic, principals: [cloudWatch], condition: [fromOwnAccount, fromAlarm] },
      denyRequestsWithoutTls(publishToTopic.actions, publishToTopic.resources),
    ]);
    new SnsTopicPolicy(this, "topic-policy", { arn: this.topic.arn, policy: topicPolicy });
    if (alarmEmail) {
      new SnsTopicSubscription(this, "email", { topicArn: this.topic.arn, protocol: "email", endpoint: alarmEmail });
    }
  }
}
