import { type Convention, firstResource, type Json, referredResource, resourcesFailing, type TerraformBlock } from "./convention";

const MAPPING = "aws_lambda_event_source_mapping";
const QUEUE = "aws_sqs_queue";

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const DEFAULT_RETENTION_SECONDS = 345_600;

/** A queue and its dead-letter queue fit together. */
export const queueConventions: Convention[] = [
  {
    id: "dead-letter-retention",
    rule: "every dead-letter queue keeps messages longer than its source queue",
    check: ({ json }) =>
      resourcesFailing(json, QUEUE, ({ redrive_policy, message_retention_seconds = DEFAULT_RETENTION_SECONDS }) => {
        const deadLetterQueue = deadLetterQueueOf(json, redrive_policy)?.attributes;
        if (!deadLetterQueue) return true;
        // A message keeps its age when it moves.
        return (deadLetterQueue.message_retention_seconds ?? DEFAULT_RETENTION_SECONDS) > message_retention_seconds;
      }),
    counterExamples: [
      {
        title: "a dead-letter queue that keeps messages as long as its source queue",
        change: ({ json }) => Object.assign(firstResource(json, QUEUE, /things_dlq/), { message_retention_seconds: 345_600 }),
      },
    ],
  },
  {
    id: "fifo-queues",
    rule: 'a FIFO queue has a name that ends in ".fifo" and a FIFO dead-letter queue; a standard queue has neither, and no FIFO option',
    noExceptions: "SQS rejects any other combination.",
    check: ({ json }) =>
      resourcesFailing(json, QUEUE, (queue) => {
        const isFifo = queue.fifo_queue === true;
        const deadLetterQueue = deadLetterQueueOf(json, queue.redrive_policy)?.attributes;
        const isNameRight = queue.name.endsWith(".fifo") === isFifo;
        const isDeadLetterQueueRight = !deadLetterQueue || (deadLetterQueue.fifo_queue === true) === isFifo;
        const hasFifoOption = FIFO_OPTIONS.some((option) => queue[option] != null);
        return isNameRight && isDeadLetterQueueRight && (isFifo || !hasFifoOption);
      }),
    counterExamples: [
      {
        title: "a FIFO queue with a standard dead-letter queue",
        change: ({ json }) => delete firstResource(json, QUEUE, /line_dlq/).fifo_queue,
      },
      {
        title: "a standard queue with a FIFO dead-letter queue",
        change: ({ json }) => Object.assign(firstResource(json, QUEUE, /things_dlq/), { fifo_queue: true }),
      },
      {
        title: 'a FIFO queue with a name that does not end in ".fifo"',
        change: ({ json }) => Object.assign(firstResource(json, QUEUE, /line_queue/), { name: "shop-sample-live-line" }),
      },
      {
        title: "a standard queue with a FIFO option",
        change: ({ json }) => Object.assign(firstResource(json, QUEUE, /things_queue/), { content_based_deduplication: true }),
      },
    ],
  },
  {
    id: "fifo-mappings",
    rule: "the event source mapping of a FIFO queue has a batch size of at most 10 and no batch window",
    noExceptions: "Lambda rejects any other mapping.",
    check: ({ json }) =>
      resourcesFailing(json, MAPPING, ({ event_source_arn, batch_size, maximum_batching_window_in_seconds }) => {
        const queue = referredResource(json, QUEUE, event_source_arn)?.attributes;
        return queue?.fifo_queue !== true || (batch_size <= 10 && !maximum_batching_window_in_seconds);
      }),
    counterExamples: [
      { title: "a batch size of 11", change: ({ json }) => Object.assign(firstResource(json, MAPPING, /line/), { batch_size: 11 }) },
      {
        title: "a batch window",
        change: ({ json }) => Object.assign(firstResource(json, MAPPING, /line/), { maximum_batching_window_in_seconds: 5 }),
      },
    ],
  },
];

const FIFO_OPTIONS = ["content_based_deduplication", "deduplication_scope", "fifo_throughput_limit"];

function deadLetterQueueOf(json: Json, redrivePolicy: unknown): TerraformBlock | undefined {
  return referredResource(json, QUEUE, redrivePolicy);
}
