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
 * Functions that send messages to a queue of the local AWS, and take messages from its dead-letter queue.
 * @param names.queueUrl left out if there is only a dead-letter queue
 */
export function queueHands(settings: SQSClientConfig, names: { queueUrl?: string; deadLetterQueue: string }) {
  const sqs = new SQSClient(settings);
  const deadLetterUrl = async () => (await sqs.send(new GetQueueUrlCommand({ QueueName: names.deadLetterQueue }))).QueueUrl;

  return {
    /** Sends any number of messages, in batches of ten. */
    async send(bodies: object[]): Promise<void> {
      const QueueUrl = names.queueUrl;
      for (let from = 0; from < bodies.length; from += 10) {
        const Entries = bodies.slice(from, from + 10).map((body, at) => ({ Id: String(at), MessageBody: JSON.stringify(body) }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      }
    },
    /** Receives up to ten messages of the dead-letter queue, and deletes those that contain the text. @returns the bodies of those */
    async takeDead(text: string): Promise<string[]> {
      const QueueUrl = await deadLetterUrl();
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }));
      const found = Messages.filter(({ Body }) => Body?.includes(text));
      const Entries = found.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      return found.map(({ Body = "" }) => Body);
    },
    /**
     * Changes the queue's visibility timeout, after which a message that failed is delivered again. As deployed it is minutes,
     * which is too long for a drill.
     * @returns a function that restores the timeout
     */
    async hideFor(seconds: number): Promise<() => Promise<void>> {
      const QueueUrl = names.queueUrl;
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] }));
      const set = (VisibilityTimeout = "") => sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }));
      await set(String(seconds));
      return async () => void (await set(Attributes.VisibilityTimeout));
    },
  };
}
