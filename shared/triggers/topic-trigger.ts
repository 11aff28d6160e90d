import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { policyDocument, refusePlainRequests } from "../resources/iam";
import { attributePattern, type Pattern } from "./filter";
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
  /** One for each lambda: a message in it does not say whom it was for. */
  readonly deadLetterQueues: DeadLetterQueue[] = [];
  private readonly event: EventDefinition;

  constructor(scope: Construct, id: string, { event }: TopicTriggerProps) {
    super(scope, id, "topic");
    this.event = event;
    const name = this.stack.nameFor(this, "SNS topic");
    // The key that AWS manages lets in whoever of this account may use the topic. AWS services that publish (CloudWatch,
    // S3, EventBridge) would need a key of our own: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    this.topic = new SnsTopic(this, "topic", { name, kmsMasterKeyId: "alias/aws/sns" });
    const policy = policyDocument(this, "policy-document", [refusePlainRequests(["sns:Publish"], [this.topic.arn])]);
    new SnsTopicPolicy(this, "policy", { arn: this.topic.arn, policy });
    this.describe({ address: this.topic.arn, event });
  }

  protected wire(lambda: AnyFunction, { filter = { type: [this.event.type] } }: TopicWiring): void {
    const dependsOn = this.permit(lambda, "sns.amazonaws.com", this.topic.arn);
    const deadLetterQueue = new DeadLetterQueue(this, `${lambda.node.id}-dlq`, {
      holds: `messages that SNS could not deliver to ${lambda.node.id}`,
      sender: { service: "sns.amazonaws.com", sourceArn: this.topic.arn },
    });
    this.deadLetterQueues.push(deadLetterQueue);
    this.description.deadLetterQueues.push({ name: deadLetterQueue.name, holds: "deliveries", lambda: lambda.node.id });
    this.description.deadLetterQueues.push({ name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id });
    new SnsTopicSubscription(this, `${lambda.node.id}-subscription`, {
      topicArn: this.topic.arn,
      protocol: "lambda",
      endpoint: lambda.alias.arn,
      filterPolicy: attributePattern(this, filter),
      redrivePolicy: `{"deadLetterTargetArn":"${deadLetterQueue.queue.arn}"}`,
      dependsOn,
    });
  }
}
