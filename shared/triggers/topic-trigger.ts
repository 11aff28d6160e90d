import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { refusePlainRequests } from "../iam";
import { DeadLetterQueue } from "./dead-letter-queue";
import { filterPattern, type Pattern } from "./filter";
import { type AnyFunction, Trigger } from "./trigger";

export interface TopicTriggerProps {
  /** What its messages are. Who publishes says so in the message attribute `type`: `event.type`. */
  event: EventDefinition;
}

export interface TopicWiring {
  /** Which message attributes a message must have. @default the attribute `type` is that of the event */
  filter?: Pattern;
}

/** SNS: a topic, and the lambdas that get every message of it. */
export class TopicTrigger extends Trigger<TopicWiring> {
  readonly topic: SnsTopic;
  readonly deadLetterQueue: DeadLetterQueue;
  private readonly event: EventDefinition;

  constructor(scope: Construct, id: string, { event }: TopicTriggerProps) {
    super(scope, id, "topic");
    this.event = event;
    const name = this.stack.nameFor(this, "SNS topic");
    // The key that AWS manages lets in whoever of this account may use the topic. AWS services that publish (CloudWatch,
    // S3, EventBridge) would need a key of our own: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    this.topic = new SnsTopic(this, "topic", { name, kmsMasterKeyId: "alias/aws/sns" });
    const policy = new DataAwsIamPolicyDocument(this, "policy-document", {
      statement: [refusePlainRequests(["sns:Publish"], [this.topic.arn])],
    });
    new SnsTopicPolicy(this, "policy", { arn: this.topic.arn, policy: policy.json });
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: `messages of ${name} that SNS could not deliver`,
      remedy: "mend what refused them, and invoke the lambda with them",
      sender: { service: "sns.amazonaws.com", sourceArn: this.topic.arn },
    });
    this.describe({ address: this.topic.arn, deadLetterQueues: [this.deadLetterQueue.name], sample: event.example });
  }

  protected wire(lambda: AnyFunction, { filter = { type: [this.event.type] } }: TopicWiring): void {
    const permission = this.permit(lambda, "sns.amazonaws.com", this.topic.arn);
    this.description.deadLetterQueues.push(lambda.addFailureDestination().name);
    new SnsTopicSubscription(this, `${lambda.node.id}-subscription`, {
      topicArn: this.topic.arn,
      protocol: "lambda",
      endpoint: lambda.alias.arn,
      filterPolicy: filterPattern(this, filter),
      redrivePolicy: `{"deadLetterTargetArn":"${this.deadLetterQueue.queue.arn}"}`,
      dependsOn: [permission, lambda.policy],
    });
  }
}
