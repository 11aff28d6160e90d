import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { days, minutes } from "../duration";
import { type FormerId, keepFormerId } from "../stack/former-ids";
import { Alarm, failuresIn, listed } from "./alarm";
import { ROLE_POLICY_NAME } from "./iam";

export interface DeadLetterQueueProps extends FormerId {
  /**
   * The content of the queue, as a plural such as `messages of X that failed 5 times`.
   * The alarm's description says `<queue> holds <holds>. Show their number …`.
   */
  holds: string;
  /**
   * The lambdas that failed to handle the content. The alarm's description has the command that shows the reasons in their logs.
   * It is called at synth time, when the stack has all of its lambdas.
   * @default none: no lambda was invoked, so no log has the reasons
   */
  failedIn?: () => FailingLambda[];
  /**
   * What to check if a service could not deliver the content to the lambda.
   * If it is set, the alarm's description has a command for this check, and not the command that shows the logs.
   * @default none
   */
  undelivered?: Undelivered;
  /**
   * When the content is lost, as sentences: `The stream deletes a change 24 hours after it was written.`
   * It is called at synth time, when the stack has all of its lambdas.
   * @default The queue deletes them 14 days after they arrived.
   */
  deadline?: () => string;
  /**
   * The name of the only queue that may use this queue as its dead-letter queue.
   * If the name ends in `.fifo`, this queue is a FIFO queue too, because SQS requires the same type for both.
   * @default no queue may use it
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   */
  sourceQueue?: string;
  /**
   * The AWS service that sends events to this queue if it cannot deliver them, and the ARN of the resource (such as a rule) whose events it
   * delivers.
   * @default no service; only roles that have `sqs:SendMessage` for this queue can send messages
   */
  sender?: Sender;
}

/** A `NodejsFunction`. */
interface FailingLambda {
  functionName: string;
  logGroupName: string;
}

interface Undelivered {
  /** The names of the lambda functions that were not invoked. It is called at synth time, when the stack has all of its lambdas. */
  functionNames: () => string[];
  /**
   * The name of the role with which the service invokes the lambda.
   * @default the service uses no role: the lambda's own policy allows it to invoke the lambda
   */
  invokingRole?: string;
}

interface Sender {
  /** `events.amazonaws.com` */
  service: string;
  sourceArn: string;
}

/**
 * The settings of a FIFO queue in high-throughput mode, which costs no more than the normal mode.
 * Deduplication is by message group, so a queue and its dead-letter queue can hold equal messages of different groups.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
 */
export const HIGH_THROUGHPUT_FIFO = { fifoQueue: true, deduplicationScope: "messageGroup", fifoThroughputLimit: "perMessageGroupId" };

/**
 * An SQS queue for events that could not be delivered or processed. It keeps them for 14 days, the longest time that SQS
 * supports, and its alarm fires when it gets the first one. `npm run redrive` redelivers them.
 */
export class DeadLetterQueue extends Construct {
  readonly queue: SqsQueue;
  readonly name: string;

  constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id);
    keepFormerId(this, props);
    const { holds, deadline = () => "The queue deletes them 14 days after they arrived.", sourceQueue, sender } = props;
    const stack = DomainStack.of(this);
    const isFifo = sourceQueue?.endsWith(".fifo") ?? false;
    this.name = stack.nameFor(this, isFifo ? "FIFO queue" : "SQS queue");
    // The ARN is built from the name, because the source queue refers to this queue: a second reference would be a cycle in Terraform.
    const sourceQueueArn = sourceQueue && stack.arnOf("sqs", sourceQueue);
    this.queue = new SqsQueue(this, "queue", {
      name: this.name,
      ...(isFifo && HIGH_THROUGHPUT_FIFO),
      messageRetentionSeconds: days(14),
      sqsManagedSseEnabled: true,
      policy: queuePolicy(stack.arnOf("sqs", this.name), sender),
      redriveAllowPolicy: redriveAllowPolicy(sourceQueueArn),
    });
    const redrive = `npm run redrive -- ${stack.deployedStack}`;
    new Alarm(this, "not-empty", {
      metric: ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", this.name],
      statistic: "Maximum",
      period: minutes(1),
      description: Lazy.stringValue({
        produce: () =>
          [
            `${this.name} holds ${holds}.`,
            `Show their number, their age and the reason of the first failure: ${redrive} --dry-run.`,
            ...whereToLook(this, props),
            deadline(),
            "Fix the cause.",
            `Then redeliver them: ${redrive} (docs/redrive.md).`,
          ].join(" "),
      }),
    });
  }
}

function whereToLook(scope: Construct, { failedIn, undelivered }: DeadLetterQueueProps): string[] {
  const { deployedStack, project } = DomainStack.of(scope);
  const [failed, ...others] = failedIn?.() ?? [];
  if (failed) {
    return [
      `Find all reasons: ${failuresIn(scope, failed.logGroupName, ...others.map(({ logGroupName }) => logGroupName))}.`,
      `If there is no line, the lambda may have been throttled: see the alarm ${failed.functionName}-throttles.`,
    ];
  }
  const [name, ...otherNames] = undelivered?.functionNames() ?? [];
  if (name === undefined) return [];
  const role = undelivered?.invokingRole;
  const permission = role
    ? `aws iam get-role-policy --role-name ${role} --policy-name ${ROLE_POLICY_NAME}`
    : `aws lambda get-policy --function-name ${name} --qualifier current --region ${project.region}`;
  return [
    `${name}${otherNames.length > 0 ? ` (or ${listed(otherNames)})` : ""} was not invoked, so its log does not say why.`,
    "If no reason is shown there, see whether the permission to invoke it exists:",
    `${permission}.`,
    `If it does not, restore it: npm run deploy -- ${deployedStack}.`,
    "If the permission exists, the cause may be over. You can redeliver the events: an event that fails again stays in the queue.",
  ];
}

/** A queue's own policy. It denies every request without TLS, and it can allow one AWS service to send messages for one resource. */
export function queuePolicy(queueArn: string, sender?: Sender): string {
  const denyWithoutTls = {
    Effect: "Deny",
    Principal: "*",
    Action: "sqs:*",
    Resource: queueArn,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const allowSender = sender && {
    Effect: "Allow",
    Principal: { Service: sender.service },
    Action: "sqs:SendMessage",
    Resource: queueArn,
    Condition: { ArnEquals: { "aws:SourceArn": sender.sourceArn } },
  };
  const statements = allowSender ? [denyWithoutTls, allowSender] : [denyWithoutTls];
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Which queues may use the queue as their dead-letter queue: one, or none. */
function redriveAllowPolicy(sourceQueueArn: string | undefined): string {
  if (!sourceQueueArn) return JSON.stringify({ redrivePermission: "denyAll" });
  return JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [sourceQueueArn] });
}
