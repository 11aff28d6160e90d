import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { denyRequestsWithoutTls, policyDocument } from "../resources/iam";
import { deployedId, type FormerId } from "../stack/former-ids";
import { attributePattern, type Pattern } from "./filter";
import { type AnyFunction, Trigger } from "./trigger";

export interface TopicTriggerProps extends FormerId {
  /** The event in each message, as JSON. The sender sets its `type` as the message attribute `type`. */
  event: EventDefinition;
}

export interface TopicWiring {
  /**
   * A pattern that the attributes of a message must match.
   * @default `{ type: [event.type] }`: the messages whose attribute `type` is that of the event
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
   */
  filter?: Pattern;
}

/**
 * An SNS topic, and the lambdas that get its messages. Each lambda gets all messages of the event.
 *
 * With no option set, it creates:
 * - A topic that is encrypted with the AWS managed key. It denies messages that are published without TLS.
 * - For each lambda, a subscription to the messages of the event.
 * - For each lambda, a dead-letter queue for messages that could not be delivered, with an alarm that fires on the first one.
 * - For each lambda, an on-failure destination for messages that the lambda failed to process 3 times, with an alarm too.
 * - An output with the topic's ARN.
 *
 * @example
 * const mail = new NodejsFunction(this, "mail");
 * const print = new NodejsFunction(this, "print");
 * const placed = new TopicTrigger(this, "placed", { event: OrderPlaced });
 * placed.invokes(mail);
 * placed.invokes(print, {
 *   filter: { type: [OrderPlaced.type], country: ["DE"] },
 * });
 */
export class TopicTrigger extends Trigger<TopicWiring> {
  /** The raw topic, for settings that no option covers. */
  readonly topic: SnsTopic;
  /** One for each lambda, because an undelivered message does not say which lambda it was for. */
  readonly deadLetterQueues: DeadLetterQueue[] = [];
  private readonly event: EventDefinition;

  constructor(scope: Construct, id: string, { event, formerly }: TopicTriggerProps) {
    super(scope, id, "topic", { formerly });
    this.event = event;
    const name = this.stack.nameFor(this, "SNS topic");
    // With the AWS managed key, every role of this account that can publish can use the key too. AWS services such as CloudWatch,
    // S3 and EventBridge cannot: to let one publish, use a customer managed key.
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    this.topic = new SnsTopic(this, "topic", { name, kmsMasterKeyId: "alias/aws/sns" });
    const policy = policyDocument(this, "policy-document", [denyRequestsWithoutTls(["sns:Publish"], [this.topic.arn])]);
    new SnsTopicPolicy(this, "policy", { arn: this.topic.arn, policy });
    this.describe({ address: this.topic.arn, event });
  }

  protected wire(lambda: AnyFunction, { filter = { type: [this.event.type] } }: TopicWiring): void {
    const name = deployedId(lambda);
    const dependsOn = this.permit(lambda, "sns.amazonaws.com", this.topic.arn);
    const deadLetterQueue = new DeadLetterQueue(this, `${name}-dlq`, {
      holds: `messages that SNS could not deliver to ${name}`,
      undelivered: { functionNames: () => [lambda.functionName] },
      sender: { service: "sns.amazonaws.com", sourceArn: this.topic.arn },
    });
    this.deadLetterQueues.push(deadLetterQueue);
    this.description.deadLetterQueues.push(
      { name: deadLetterQueue.name, holds: "deliveries", lambda: lambda.node.id },
      { name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id },
    );
    new SnsTopicSubscription(this, `${name}-subscription`, {
      topicArn: this.topic.arn,
      protocol: "lambda",
      endpoint: lambda.alias.arn,
      filterPolicy: attributePattern(this, filter),
      redrivePolicy: `{"deadLetterTargetArn":"${deadLetterQueue.queue.arn}"}`,
      dependsOn,
    });
  }
}
