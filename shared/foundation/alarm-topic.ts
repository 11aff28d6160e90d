import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { Construct } from "constructs";
import type { EnvironmentStack } from "../environment-stack";

/** Where every alarm of the environment goes, encrypted with a key that CloudWatch may use. */
export class AlarmTopic extends Construct {
  readonly topic: SnsTopic;

  constructor(
    private readonly stack: EnvironmentStack,
    id: string,
  ) {
    super(stack, id);
    const name = stack.nameFor(this, "SNS topic", "alarms");
    const key = this.addKey();
    this.topic = new SnsTopic(this, "topic", { name, kmsMasterKeyId: key.arn });
    this.allowCloudWatchToPublish();

    const { alarmEmail } = stack.environment;
    if (alarmEmail) {
      new SnsTopicSubscription(this, "email", { topicArn: this.topic.arn, protocol: "email", endpoint: alarmEmail });
    }
  }

  /**
   * A key of our own, for the policy of AWS's SNS key cannot be changed and does not let CloudWatch in:
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
   */
  private addKey(): KmsKey {
    const document = new DataAwsIamPolicyDocument(this, "key-policy", {
      statement: [
        {
          // The account's administrators keep the key; without this statement nobody could ever change it.
          // In a key's policy "*" is this key alone.
          sid: "AccountAdministers",
          actions: ["kms:*"],
          resources: ["*"],
          principals: [{ type: "AWS", identifiers: [this.stack.arnOf("iam", "root").replace(`:${this.stack.project.region}:`, "::")] }],
        },
        {
          sid: "CloudWatchPublishes",
          actions: ["kms:Decrypt", "kms:GenerateDataKey"],
          resources: ["*"],
          principals: [{ type: "Service", identifiers: ["cloudwatch.amazonaws.com"] }],
          condition: [{ test: "StringEquals", variable: "aws:SourceAccount", values: [this.stack.environment.account] }],
        },
      ],
    });
    const key = new KmsKey(this, "key", { description: "Encrypts the alarm topic", enableKeyRotation: true, policy: document.json });
    new KmsAlias(this, "key-alias", { name: this.stack.nameFor(this, "KMS alias", "alarms", "alias/"), targetKeyId: key.keyId });
    return key;
  }

  private allowCloudWatchToPublish(): void {
    const { account } = this.stack.environment;
    const document = new DataAwsIamPolicyDocument(this, "topic-policy-document", {
      statement: [
        {
          sid: "AlarmsPublish",
          actions: ["sns:Publish"],
          resources: [this.topic.arn],
          principals: [{ type: "Service", identifiers: ["cloudwatch.amazonaws.com"] }],
          condition: [
            { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
            { test: "ArnLike", variable: "aws:SourceArn", values: [this.stack.arnOf("cloudwatch", "alarm:*")] },
          ],
        },
        {
          sid: "TlsOnly",
          effect: "Deny",
          actions: ["sns:Publish"],
          resources: [this.topic.arn],
          principals: [{ type: "AWS", identifiers: ["*"] }],
          condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
        },
      ],
    });
    new SnsTopicPolicy(this, "topic-policy", { arn: this.topic.arn, policy: document.json });
  }
}
