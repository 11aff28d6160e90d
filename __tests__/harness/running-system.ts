import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { DynamoDBDocumentClient, GetCommand, paginateScan } from "@aws-sdk/lib-dynamodb";
import { PlaceOrder } from "../../domains/checkout/contract";
import { OrderPlaced } from "../../domains/orders/contract";
import project from "../../project.config";
import { readArtifact } from "../../scripts/artifact/artifact";
import { runProcess } from "../../scripts/cli/process";
import { accountHeaders, clientSettings, clientVariables } from "../../scripts/local/client-settings";
import { readLocalState } from "../../scripts/local/files";
import { readLogGroup } from "../../scripts/local/logs";
import { requireRun } from "../../scripts/local/run";
import { deployedTriggers, localApiUrl } from "../../scripts/local/trigger-addresses";
import { LAMBDA_ALIAS } from "../../shared/stack-description";
import type { Json } from "./synth";

/** When this test file started. Log lines of earlier tests are left out. */
const testsStartedAt = Date.now();

/**
 * The system that `npm run local` deployed and left running. It sends requests and reads the results: table items, log lines
 * and published contract values.
 * @throws UserError when no local AWS is running
 */
export function runningSystem() {
  const run = requireRun();
  const stacks = readArtifact().filter(({ environment }) => environment === project.environments[0]?.name);
  const [first] = stacks;
  if (!first) throw new Error("The artifact has no stack of the first environment in project.config.ts.");
  const { account, region } = first;
  const settings = clientSettings(run, { account, region });
  const ssm = new SSMClient(settings);
  const lambdas = new LambdaClient(settings);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(settings));

  const stackOf = (domain: string) => {
    const stack = stacks.find((each) => each.domain === domain);
    if (!stack) throw new Error(`The artifact has no domain "${domain}".`);
    return stack;
  };
  const lambdaOf = (domain: string, lambda: string) => {
    const found = stackOf(domain).lambdas.find(({ name }) => name === lambda);
    if (!found) throw new Error(`${domain} has no lambda "${lambda}".`);
    return found;
  };
  const logMessages = async (domain: string, lambda: string) => {
    const { logGroup } = lambdaOf(domain, lambda);
    const events = await readLogGroup({ run, stack: stackOf(domain), logGroup, since: testsStartedAt });
    return events.map(({ message = "" }) => message);
  };
  const jsonLines = async (domain: string, lambda: string): Promise<Json[]> => {
    const messages = await logMessages(domain, lambda);
    return messages.filter((message) => message.startsWith("{")).map((message) => JSON.parse(message));
  };
  const triggerOf = (domain: string) => {
    const [trigger] = stackOf(domain).triggers;
    if (!trigger) throw new Error(`${domain} has no trigger.`);
    return trigger;
  };
  /** The name of the queue that receives the failed events of a domain's trigger. */
  const deadLetterQueueOf = (domain: string) => triggerOf(domain).deadLetterQueues[0]?.name ?? "";
  /** The address of a domain's trigger in Terraform's outputs: the endpoint of an API, the URL of a queue, the name of a table. */
  const addressOf = (domain: string) => readLocalState(stackOf(domain))?.outputs[triggerOf(domain).output]?.value ?? "";
  const api = localApiUrl(run, addressOf("checkout"));
  const table = addressOf("ledger");

  return {
    run,
    stacks,
    settings,
    addressOf,
    triggers: () => deployedTriggers(run, stacks),
    deadLetterQueueOf,
    triggerOf,
    /** The value of a parameter of a domain's contract. */
    async contractValue(domain: string, parameter: string): Promise<string> {
      const Name = `/${project.name}/${stackOf(domain).environment}/${domain}/v1/${parameter}`;
      return (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value ?? "";
    },
    /**
     * Publishes the permissions boundary of a new domain, as the next deployment of the foundation would. It is the one of orders.
     * @returns a function that removes it
     */
    async publishBoundary(parameter: string): Promise<() => Promise<unknown>> {
      const nameOf = (each: string) => `/${project.name}/${first.environment}/shared/v1/${each}`;
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: nameOf("ordersBoundaryArn") }));
      await ssm.send(new PutParameterCommand({ Name: nameOf(parameter), Value: Parameter?.Value, Type: "String", Overwrite: true }));
      return () => ssm.send(new DeleteParameterCommand({ Name: nameOf(parameter) }));
    },
    /** Sends a request to the API. A body that is not a string is sent as JSON. */
    async request(method: string, path: string, { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {}) {
      const response = await fetch(`${api}${path}`, {
        method,
        headers: { ...accountHeaders(run, { account }), "content-type": "application/json", ...headers },
        body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      });
      const text = await response.text();
      const json: Json = /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text;
      return { status: response.status, headers: response.headers, body: json };
    },
    async ledgerEntry(orderId: string): Promise<Json> {
      return (await documents.send(new GetCommand({ TableName: table, Key: { orderId } }))).Item;
    },
    async ledgerEntriesOf(customer: string): Promise<Json[]> {
      const found: Json[] = [];
      const scan = { TableName: table, FilterExpression: "customer = :customer", ExpressionAttributeValues: { ":customer": customer } };
      for await (const { Items = [] } of paginateScan({ client: documents }, scan)) found.push(...Items);
      return found;
    },
    /** Runs `npm run redrive` as an operator does. */
    async redrive(...args: string[]): Promise<{ exitCode: number | undefined; output: string }> {
      const env = { ...process.env, ...clientVariables(run, { account, region }) };
      const command = ["--import", "tsx", "scripts/commands/redrive.ts", ...args];
      const { exitCode, stdout, stderr } = await runProcess(process.execPath, command, { env });
      return { exitCode, output: stdout + stderr };
    },
    /** The log lines that Lambda itself writes for invocations that ran into the timeout. */
    async timeouts(domain: string, lambda: string): Promise<string[]> {
      return (await logMessages(domain, lambda)).filter((message) => /Task timed out/.test(message));
    },
    functionOf: (domain: string, lambda: string) => lambdaOf(domain, lambda).functionName,
    /** The JSON log lines of a lambda that have this correlation id. */
    async logLines(domain: string, lambda: string, correlationId: string): Promise<Json[]> {
      return (await jsonLines(domain, lambda)).filter((line) => line.correlation_id === correlationId);
    },
    /**
     * Invokes a lambda of a stream without records. On a busy machine, the local AWS shows the last log lines of an invocation
     * only after the next one.
     */
    async flushLog(domain: string, lambda: string): Promise<void> {
      const { functionName: FunctionName } = lambdaOf(domain, lambda);
      await lambdas.send(new InvokeCommand({ FunctionName, Qualifier: LAMBDA_ALIAS, Payload: JSON.stringify({ Records: [] }) }));
    },
    /** The correlation ids with this prefix that the lambda has handled. An id occurs once for each event that was handled. */
    async handledBy(domain: string, lambda: string, prefix: string): Promise<string[]> {
      const lines = (await jsonLines(domain, lambda)).filter(({ message }) => message === "handled");
      return lines.map((line) => line.correlation_id).filter((id) => id.startsWith(prefix));
    },
  };
}

/** An order of a new customer, so that no other test has placed it. */
export function newOrder() {
  return { ...PlaceOrder.parse(OrderPlaced.example), customer: `customer-${randomUUID()}` };
}
