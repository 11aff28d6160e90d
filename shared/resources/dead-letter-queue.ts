import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { days, minutes } from "../duration";
import { Alarm } from "./alarm";

export interface DeadLetterQueueProps {
  /** What lies in it, for the alarm: "orders that …". */
  holds: string;
  /** How long there is something to bring back, for the alarm. @default 14 days */
  within?: string;
  /** Name of the one queue that may move messages here; of a FIFO queue this must be one too. @default none may, only a lambda's or a trigger's role */
  sourceQueue?: string;
  /** The AWS service that puts here what it could not deliver, and the resource for which it may. */
  sender?: { service: string; sourceArn: string };
}

/** A FIFO queue that takes as many messages as SQS can, which costs no more: equal messages are told by group, in the dead-letter queue as in its source. */
export const FIFO = { fifoQueue: true, deduplicationScope: "messageGroup", fifoThroughputLimit: "perMessageGroupId" };

/** Keeps what could not be handled for 14 days, SQS's longest, and rings as soon as something lies in it. */
export class DeadLetterQueue extends Construct {
  readonly queue: SqsQueue;
  readonly name: string;

  constructor(scope: Construct, id: string, { holds, within = "14 days", sourceQueue, sender }: DeadLetterQueueProps) {
    super(scope, id);
    const stack = DomainStack.of(this);
    const fifo = sourceQueue?.endsWith(".fifo");
    this.name = stack.nameFor(this, fifo ? "FIFO queue" : "SQS queue");
    // By name: the source refers to this queue, and two that refer to each other are a cycle in Terraform.
    const byQueue = sourceQueue && { redrivePermission: "byQueue", sourceQueueArns: [stack.arnOf("sqs", sourceQueue)] };
    this.queue = new SqsQueue(this, "queue", {
      name: this.name,
      ...(fifo && FIFO),
      messageRetentionSeconds: days(14),
      sqsManagedSseEnabled: true,
      policy: queuePolicy(stack.arnOf("sqs", this.name), sender),
      redriveAllowPolicy: JSON.stringify(byQueue || { redrivePermission: "denyAll" }),
    });
    new Alarm(this, "not-empty", {
      metric: ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", this.name],
      statistic: "Maximum",
      period: minutes(1),
      description: `${this.name} holds ${holds}. Read the reason in the lambda's log ("failed"), mend it, and bring them back within ${within}: npm run redrive -- ${stack.node.id} (docs/redrive.md).`,
    });
  }
}

/** Refuses every request that is not encrypted on its way, and lets in at most one service, for one resource. */
export function queuePolicy(queueArn: string, sender?: DeadLetterQueueProps["sender"]): string {
  const plain = { Effect: "Deny", Principal: "*", Action: "sqs:*", Resource: queueArn };
  const statements: object[] = [{ ...plain, Condition: { Bool: { "aws:SecureTransport": "false" } } }];
  if (sender) {
    const deliver = { Effect: "Allow", Principal: { Service: sender.service }, Action: "sqs:SendMessage", Resource: queueArn };
    statements.push({ ...deliver, Condition: { ArnEquals: { "aws:SourceArn": sender.sourceArn } } });
  }
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
