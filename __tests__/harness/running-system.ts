import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { DynamoDBDocumentClient, GetCommand, paginateScan } from "@aws-sdk/lib-dynamodb";
import { PlaceOrder } from "../../domains/checkout/contract";
import { OrderPlaced } from "../../domains/orders/contract";
import project from "../../project.config";
import { readArtifact } from "../../scripts/artifact/artifact";
import { readLog } from "../../scripts/local/journey";
import { accountHeader, clientSettings, localCredentials, readRun, WORK_FOLDER } from "../../scripts/local/run";
import { deployedTriggers, localApiUrl } from "../../scripts/local/triggers";
import { Terraform } from "../../scripts/terraform/terraform";
import { LAMBDA_ALIAS } from "../../shared/stack-description";
import type { Json } from "./synth";

/** What `npm run local` left running, with hands to send it something and eyes to see what becomes of it. */
export function runningSystem() {
  const run = readRun();
  if (!run) throw new Error("No local AWS runs; start it with npm run local.");
  const stacks = readArtifact().filter(({ environment }) => environment === project.environments[0]?.name);
  const [{ account, region } = { account: "", region: "" }] = stacks;
  const settings = clientSettings(run, { account, region });
  const terraform = new Terraform(localCredentials(run, account, region));
  const ssm = new SSMClient(settings);
  const lambdas = new LambdaClient(settings);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(settings));

  const stackOf = (domain: string) => {
    const stack = stacks.find((each) => each.domain === domain);
    if (!stack) throw new Error(`There is no domain ${domain}`);
    return stack;
  };
  const lambdaOf = (domain: string, lambda: string) => {
    const found = stackOf(domain).lambdas.find(({ name }) => name === lambda);
    if (!found) throw new Error(`${domain} has no lambda ${lambda}`);
    return found;
  };
  const messagesOf = async (domain: string, lambda: string) =>
    (await readLog(run, stackOf(domain), lambdaOf(domain, lambda).logGroup, started)).map(({ message = "" }) => message);
  const linesOf = async (domain: string, lambda: string): Promise<Json[]> => {
    return (await messagesOf(domain, lambda)).filter((message) => message.startsWith("{")).map((message) => JSON.parse(message));
  };
  const triggerOf = (domain: string) => {
    const [trigger] = stackOf(domain).triggers;
    if (!trigger) throw new Error(`${domain} has no trigger`);
    return trigger;
  };
  /** Where failed events of a domain's trigger end. */
  const deadLetterQueueOf = (domain: string) => triggerOf(domain).deadLetterQueues[0]?.name ?? "";
  /** An API's endpoint, a queue's URL, a table's name. */
  const addressOf = async (domain: string) =>
    (await terraform.outputs(join(WORK_FOLDER, stackOf(domain).stack)))[triggerOf(domain).output] ?? "";
  const api = addressOf("checkout").then((endpoint) => localApiUrl(run, endpoint));
  const table = addressOf("ledger");

  return {
    run,
    stacks,
    settings,
    addressOf,
    triggers: () => deployedTriggers(run, stacks, terraform),
    deadLetterQueueOf,
    triggerOf,
    /** What a domain published for others. */
    async contractValue(domain: string, parameter: string): Promise<string> {
      const Name = `/${project.name}/${stackOf(domain).environment}/${domain}/v1/${parameter}`;
      return (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value ?? "";
    },
    /** A request to the API; what is no text is sent as JSON. */
    async request(method: string, path: string, { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {}) {
      const response = await fetch(`${await api}${path}`, {
        method,
        headers: { ...accountHeader({ account }), "content-type": "application/json", ...headers },
        body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      });
      const text = await response.text();
      const json: Json = /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text;
      return { status: response.status, headers: response.headers, body: json };
    },
    async ledgerEntry(orderId: string): Promise<Json> {
      return (await documents.send(new GetCommand({ TableName: await table, Key: { orderId } }))).Item;
    },
    async ledgerEntriesOf(customer: string): Promise<Json[]> {
      const found: Json[] = [];
      const scan = {
        TableName: await table,
        FilterExpression: "customer = :customer",
        ExpressionAttributeValues: { ":customer": customer },
      };
      for await (const { Items = [] } of paginateScan({ client: documents }, scan)) found.push(...Items);
      return found;
    },
    /** What Lambda itself logged of invocations that it ended. */
    async timeouts(domain: string, lambda: string): Promise<string[]> {
      return (await messagesOf(domain, lambda)).filter((message) => /Task timed out/.test(message));
    },
    functionOf: (domain: string, lambda: string) => lambdaOf(domain, lambda).functionName,
    /** The JSON lines that a lambda wrote with this correlation id. */
    async logLines(domain: string, lambda: string, correlationId: string): Promise<Json[]> {
      return (await linesOf(domain, lambda)).filter((line) => line.correlation_id === correlationId);
    },
    /** Where the machine is busy, the local AWS shows what a stream's lambda wrote last only with its next invocation: one without records. */
    async flushLog(domain: string, lambda: string): Promise<void> {
      const { functionName: FunctionName } = lambdaOf(domain, lambda);
      await lambdas.send(new InvokeCommand({ FunctionName, Qualifier: LAMBDA_ALIAS, Payload: JSON.stringify({ Records: [] }) }));
    },
    /** The correlation ids that begin so, as often as the lambda has handled them. */
    async handledBy(domain: string, lambda: string, prefix: string): Promise<string[]> {
      const lines = (await linesOf(domain, lambda)).filter(({ message }) => message === "handled");
      return lines.map((line) => line.correlation_id).filter((id) => id.startsWith(prefix));
    },
  };
}

const started = Date.now();

/** An order that no other test has placed. */
export function newOrder() {
  return { ...PlaceOrder.parse(OrderPlaced.example), customer: `customer-${randomUUID()}` };
}
