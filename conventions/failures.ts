import {
  type Convention,
  firstResource,
  type Json,
  referredResource,
  refersTo,
  removeResources,
  resourcesFailing,
  resourcesOf,
  type TerraformBlock,
} from "./convention";

const EVENT_RULE_TARGET = "aws_cloudwatch_event_target";
const FUNCTION = "aws_lambda_function";
const INVOKE_CONFIG = "aws_lambda_function_event_invoke_config";
const MAPPING = "aws_lambda_event_source_mapping";
const PERMISSION = "aws_lambda_permission";
const QUEUE = "aws_sqs_queue";
const SCHEDULE = "aws_scheduler_schedule";
const SUBSCRIPTION = "aws_sns_topic_subscription";

/** No event that fails is lost: AWS delivers it again, or moves it to a queue. */
export const failureConventions: Convention[] = [
  {
    id: "partial-batch-failures",
    rule: "every event source mapping of a queue or stream reports partial batch failures",
    check: ({ json }) =>
      resourcesFailing(json, MAPPING, ({ function_response_types }) => function_response_types?.includes("ReportBatchItemFailures")),
    counterExamples: [
      {
        title: "a queue's mapping without response types",
        change: ({ json }) => delete firstResource(json, MAPPING, /things/).function_response_types,
      },
      {
        title: "a stream's mapping with an empty list of response types",
        change: ({ json }) => Object.assign(firstResource(json, MAPPING, /entries/), { function_response_types: [] }),
      },
    ],
  },
  {
    id: "dead-letter-queues",
    rule: "every queue, stream mapping, event rule target, topic subscription and schedule has a dead-letter queue",
    check: ({ json }) => [
      ...resourcesFailing(json, QUEUE, ({ redrive_policy }, queue) => redrive_policy || isDeadLetterQueue(json, queue)),
      ...PUSHERS.flatMap(({ type, deadLetterQueue }) => resourcesFailing(json, type, deadLetterQueue)),
      // A queue has a redrive policy of its own. For a stream, the mapping has the destination.
      ...resourcesFailing(json, MAPPING, ({ event_source_arn, destination_config }) => {
        const isQueue = event_source_arn.includes(`\${${QUEUE}.`);
        return isQueue || destination_config?.on_failure;
      }),
    ],
    counterExamples: [
      {
        title: "a queue that delivers a failed message until it expires",
        change: ({ json }) => delete firstResource(json, QUEUE, /things_queue/).redrive_policy,
      },
      {
        title: "an event rule that drops an event that it cannot deliver",
        change: ({ json }) => delete firstResource(json, EVENT_RULE_TARGET).dead_letter_config,
      },
      {
        title: "a topic that drops a message that it cannot deliver",
        change: ({ json }) => delete firstResource(json, SUBSCRIPTION).redrive_policy,
      },
      {
        title: "a schedule that drops an invocation that it cannot make",
        change: ({ json }) => delete firstResource(json, SCHEDULE).target.dead_letter_config,
      },
      {
        title: "a stream that drops failed records",
        change: ({ json }) => delete firstResource(json, MAPPING, /entries/).destination_config,
      },
    ],
  },
  {
    id: "failure-destinations",
    rule: "every lambda that is invoked asynchronously has an on-failure destination",
    check: ({ json }) => {
      const functionsWithDestination = resourcesOf(json, INVOKE_CONFIG)
        .filter(({ attributes }) => attributes.destination_config?.on_failure && attributes.qualifier)
        .map(({ attributes }) => referredResource(json, FUNCTION, attributes.function_name)?.address);
      return asynchronousInvokers(json)
        .map((invoker) => ({ invoker, invoked: invokedFunction(json, invoker) }))
        .filter(({ invoked }) => !invoked || !functionsWithDestination.includes(invoked.address))
        .map(({ invoker, invoked }) => ({
          resource: invoked?.address ?? invoker.address,
          problem: `${invoker.address} invokes it asynchronously, so that AWS drops an event after the last retry`,
        }));
    },
    counterExamples: ["follow", "hear", "listen", "read", "tick"].map((lambda) => ({
      title: `the lambda ${lambda} without an on-failure destination`,
      change: ({ json }) => removeResources(json, INVOKE_CONFIG, new RegExp(lambda)),
    })),
  },
];

/** The resources that push events to a lambda or a person, each with its dead-letter queue. */
const PUSHERS: { type: string; deadLetterQueue: (attributes: Json) => unknown }[] = [
  { type: EVENT_RULE_TARGET, deadLetterQueue: ({ dead_letter_config }) => dead_letter_config?.arn },
  // SNS accepts no dead-letter queue for the subscription of an e-mail address.
  { type: SUBSCRIPTION, deadLetterQueue: ({ redrive_policy, protocol }) => redrive_policy || protocol === "email" },
  { type: SCHEDULE, deadLetterQueue: ({ target }) => target.dead_letter_config?.arn },
];

/** Whether a redrive policy, a mapping, an asynchronous invocation or one of the {@link PUSHERS} puts failed events into the queue. */
export function isDeadLetterQueue(json: Json, queue: TerraformBlock): boolean {
  const isRedriveTarget = resourcesOf(json, QUEUE).some(({ attributes }) => refersTo(attributes.redrive_policy, queue));
  const isFailureDestination = [MAPPING, INVOKE_CONFIG].some((type) =>
    resourcesOf(json, type).some(({ attributes }) => refersTo(attributes.destination_config, queue)),
  );
  const isQueueOfPusher = PUSHERS.some(({ type, deadLetterQueue }) =>
    resourcesOf(json, type).some(({ attributes }) => refersTo(deadLetterQueue(attributes), queue)),
  );
  return isRedriveTarget || isFailureDestination || isQueueOfPusher;
}

/** These services wait for the lambda's answer, and their callers get the error. */
const SYNCHRONOUS_SERVICES = ["apigateway.amazonaws.com"];

/** The resources that let a service invoke a lambda without waiting for its answer. */
function asynchronousInvokers(json: Json): TerraformBlock[] {
  const permissions = resourcesOf(json, PERMISSION).filter(({ attributes }) => !SYNCHRONOUS_SERVICES.includes(attributes.principal));
  return [...permissions, ...resourcesOf(json, SCHEDULE)];
}

/** The function of a permission, or the function behind the alias that a schedule invokes. */
function invokedFunction(json: Json, { type, attributes }: TerraformBlock): TerraformBlock | undefined {
  if (type === PERMISSION) return referredResource(json, FUNCTION, attributes.function_name);
  const alias = referredResource(json, "aws_lambda_alias", attributes.target.arn);
  return referredResource(json, FUNCTION, alias?.attributes.function_name);
}
