import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
  type SQSClientConfig,
} from "@aws-sdk/client-sqs";

/**
 * Hands to fill a queue of the local AWS with, and to empty its dead-letter queue.
 * @param names.queueUrl left out where a queue is only of what failed
 */
export function queueHands(settings: SQSClientConfig, names: { queueUrl?: Promise<string>; deadLetterQueue: string }) {
  const sqs = new SQSClient(settings);
  const deadLetterUrl = async () => (await sqs.send(new GetQueueUrlCommand({ QueueName: names.deadLetterQueue }))).QueueUrl;

  return {
    /** In batches of ten, as many as there are. */
    async send(bodies: object[]): Promise<void> {
      const QueueUrl = await names.queueUrl;
      for (let from = 0; from < bodies.length; from += 10) {
        const Entries = bodies.slice(from, from + 10).map((body, at) => ({ Id: String(at), MessageBody: JSON.stringify(body) }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      }
    },
    /** Takes everything that holds the text out of the dead-letter queue; what else lies there stays. */
    async takeDead(text: string): Promise<string[]> {
      const QueueUrl = await deadLetterUrl();
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }));
      const found = Messages.filter(({ Body }) => Body?.includes(text));
      const Entries = found.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      return found.map(({ Body = "" }) => Body);
    },
    /**
     * What failed is hidden for the visibility timeout before it comes again: minutes, as deployed.
     * Only for a drill, and only on the local AWS, it is seconds. @returns puts it back
     */
    async hideFor(seconds: number): Promise<() => Promise<void>> {
      const QueueUrl = await names.queueUrl;
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] }));
      const set = (VisibilityTimeout = "") => sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }));
      await set(String(seconds));
      return async () => void (await set(Attributes.VisibilityTimeout));
    },
  };
}
