import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { CreateQueueCommand, DeleteQueueCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { OrderPlaced } from "../../domains/orders/contract";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { LAMBDA_ALIAS } from "../../shared/stack-description";
import { QueueTrigger } from "../../shared/triggers/queue-trigger";
import { expectBalanced } from "../harness/balance";
import { deployedLambda } from "../harness/deployed-lambda";
import { eventually } from "../harness/eventually";
import { orders } from "../harness/orders";
import { queueHands } from "../harness/queue-hands";
import { runningSystem } from "../harness/running-system";
import { type Json, resource, resources, synthDomain } from "../harness/synth";

const { settings, functionOf, handledBy, ledgerEntriesOf } = runningSystem();
const sqs = new SQSClient(settings);
const lambda = new LambdaClient(settings);
const recordOrder = deployedLambda(settings, functionOf("orders", "record-order"));
afterEach(() => recordOrder.restore());

/** No sample domain has a FIFO queue. This one is created from the synthesized JSON, and invokes the lambda that is deployed. */
const { json } = synthDomain((stack) => {
  new QueueTrigger(stack, "ordered", { event: OrderPlaced, fifo: true }).invokes(new NodejsFunction(stack, "record-order"));
});
const [source, deadLetters] = [true, false].map((redrives) =>
  resources(json, "aws_sqs_queue").find((queue) => Boolean(queue.redrive_policy) === redrives),
);
const SHORT = "visibility timeout 1 s instead of minutes";

async function create(queue: Json, changes: Record<string, string> = {}): Promise<string> {
  const Attributes = {
    FifoQueue: String(queue.fifo_queue),
    ContentBasedDeduplication: String(queue.content_based_deduplication ?? false),
    DeduplicationScope: queue.deduplication_scope,
    FifoThroughputLimit: queue.fifo_throughput_limit,
    ...changes,
  };
  return (await sqs.send(new CreateQueueCommand({ QueueName: queue.name, Attributes }))).QueueUrl ?? "";
}

let QueueUrl: string;
let setEnabled: (Enabled: boolean) => Promise<unknown>;
let remove: () => Promise<void>;
const hands = queueHands(settings, { deadLetterQueue: deadLetters.name });
beforeAll(async () => {
  const arnOf = ({ name }: Json) => `arn:aws:sqs:${settings.region}:${settings.credentials.accessKeyId}:${name}`;
  const DeadLetters = await create(deadLetters);
  const RedrivePolicy = source.redrive_policy.replace(/\$\{.+?\}/, arnOf(deadLetters));
  QueueUrl = await create(source, { RedrivePolicy, VisibilityTimeout: "1" });
  const mapping = resource(json, "aws_lambda_event_source_mapping");
  const { UUID } = await lambda.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: arnOf(source),
      FunctionName: `${functionOf("orders", "record-order")}:${LAMBDA_ALIAS}`,
      BatchSize: mapping.batch_size,
      FunctionResponseTypes: mapping.function_response_types,
    }),
  );
  setEnabled = (Enabled) => lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
  remove = async () => {
    await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    for (const url of [QueueUrl, DeadLetters]) await sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
  };
});
afterAll(() => remove());

/** Sends events, with a message group for each customer. The lambda gets them in one batch, because it only starts after all are sent. */
async function send(events: { customer: string }[]): Promise<void> {
  const Entries = events.map((event, at) => ({ Id: String(at), MessageBody: JSON.stringify(event), MessageGroupId: event.customer }));
  await setEnabled(false);
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  await setEnabled(true);
}
const handled = (customer: string) => handledBy("orders", "record-order", customer);
const ids = (events: { correlationId: string }[]) => events.map(({ correlationId }) => correlationId);
const recorded = async (...customers: string[]) => (await Promise.all(customers.map(ledgerEntriesOf))).flat().length;

test("a failed message of a FIFO queue blocks the later messages of its group, and no other group, until it is handled", async () => {
  const [failing, other] = [orders(4), orders(3)];
  const fails = `event.Records.some(({ body }) => body.includes("${failing.events[1]?.orderId}")) && (globalThis.failures = (globalThis.failures ?? 0) + 1) < 3`;
  const spoil = `event.Records.map((one) => (one.body.includes("${failing.events[1]?.orderId}") ? { ...one, body: "{" } : one))`;
  await recordOrder.wrap(`async (event, context) => handler(${fails} ? { Records: ${spoil} } : event, context)`);
  await send([...failing.events, ...other.events]);
  await eventually("end of the other group", async () => (await handled(other.customer)).length === 3);
  expect(await handled(failing.customer)).toEqual(ids(failing.events.slice(0, 1)));
  await eventually("end of the group", async () => (await handled(failing.customer)).length >= 4);
  expect([await handled(failing.customer), await handled(other.customer)]).toEqual([ids(failing.events), ids(other.events)]);
  expectBalanced({ sent: 7, done: await recorded(failing.customer, other.customer), dead: 0 }, SHORT);
});

test("an invalid message of a FIFO queue takes the later messages of its group and batch to the dead-letter queue, in order", async () => {
  const failing = orders(4);
  const events = failing.events.map((order, at) => (at === 1 ? { ...order, items: [] } : order));
  await send(events);
  const dead: string[] = [];
  await eventually("dead letters", async () => {
    dead.push(...(await hands.takeDead(failing.customer)).map((body) => JSON.parse(body).correlationId));
    return dead.length === 3;
  });
  expect(dead).toEqual(ids(failing.events.slice(1)));
  const later = { ...orders(1).events[0], customer: failing.customer, correlationId: `${failing.customer}-later` };
  await send([later]);
  await eventually("later order", async () => (await handled(failing.customer)).includes(later.correlationId));
  expectBalanced({ sent: 5, done: await recorded(failing.customer), dead: dead.length }, SHORT);
});
