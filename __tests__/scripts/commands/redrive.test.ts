import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { runProcess } from "../../../scripts/cli/process";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

/** A server of STS, and of SQS with one queue. */
let server: Server;
let account: string;
let messages: object[];
/** The state of the task that moves the messages, once it has started. */
let task: object;
/** The names of the calls that the server received. */
const asked: string[] = [];

const ANSWERS: Record<string, () => object> = {
  GetQueueUrl: () => ({ QueueUrl: `${endpoint()}/queue` }),
  GetQueueAttributes: () => ({ Attributes: { ApproximateNumberOfMessages: String(messages.length) } }),
  ReceiveMessage: () => ({ Messages: messages }),
  ChangeMessageVisibility: () => ({}),
  ListMessageMoveTasks: () => ({ Results: asked.includes("StartMessageMoveTask") ? [task] : [] }),
};
const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

let command: string;

beforeAll(async () => {
  command = join(temporaryFolder(), "redrive.js");
  const entryPoints = [join(__dirname, "../../../scripts/commands/redrive.ts")];
  buildSync({ entryPoints, outfile: command, bundle: true, platform: "node", logLevel: "error" });
  server = createServer((request, response) => {
    const action = String(request.headers["x-amz-target"] ?? "sts.GetCallerIdentity").split(".")[1] ?? "";
    asked.push(action);
    response.setHeader("content-type", "application/x-amz-json-1.0");
    const identity = `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
    response.end(action === "GetCallerIdentity" ? identity : JSON.stringify(ANSWERS[action]?.() ?? {}));
  });
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
});
afterAll(() => void server.close());
beforeEach(() => {
  asked.length = 0;
  account = "111111111111";
  task = { Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 };
  messages = [
    {
      MessageId: "1",
      ReceiptHandle: "1",
      Body: "{}",
      MD5OfBody: "99914b932bd37a50b983c5e7c90ae93b",
      Attributes: { SentTimestamp: String(Date.now() - 3_600_000) },
    },
  ];
});

const things = {
  id: "things",
  kind: "queue" as const,
  lambdas: [],
  output: "",
  deadLetterQueues: [{ name: "shop-orders-int-things-dlq", holds: "messages" as const, source: "shop-orders-int-things" }],
};
const files = artifactFiles([stackOf("orders-int", [], { triggers: [things] }), stackOf("ledger-int")]);
const inArtifact = Object.fromEntries(Object.entries(files).map(([path, text]) => [`cdktf.out/${path}`, text]));

function redrive(...args: string[]) {
  const keys = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret", AWS_ENDPOINT_URL: endpoint(), LOCAL_AWS: "true" };
  return runProcess(process.execPath, [command, ...args], { cwd: temporaryFolder(inArtifact), env: { ...process.env, ...keys } });
}

test("credentials of another account are an error, and no queue is read", async () => {
  account = "222222222222";
  const { exitCode, stderr } = await redrive("orders-int", "--yes");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("orders-int is in account 111111111111, but your credentials belong to account 222222222222");
  expect(asked).toEqual(["GetCallerIdentity"]);
});

test("a dry run shows the number and the age of the messages, and changes nothing", async () => {
  const { exitCode, stdout } = await redrive("orders-int", "--dry-run");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/things +shop-orders-int-things-dlq +messages +1 +60 min/);
  expect(asked.filter((action) => /Move|Delete|Send/.test(action))).toEqual([]);
});

test("without a terminal and without --yes the command fails and changes nothing", async () => {
  const { exitCode, stderr } = await redrive("orders-int");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("Pass --yes");
  expect(asked.filter((action) => /Move|Delete|Send/.test(action))).toEqual([]);
});

test("with --yes the messages move back to their queue, and their number is printed", async () => {
  const { exitCode, stdout } = await redrive("orders-int", "things", "--yes");
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/\nshop-orders-int-things-dlq: 1 redriven, 0 remaining\n$/)]);
  expect(asked).toContain("StartMessageMoveTask");
});

test("messages that remain in a queue are an error that gives the reason", async () => {
  task = { Status: "FAILED", FailureReason: "AccessDenied", ApproximateNumberOfMessagesMoved: 0 };
  const { exitCode, stdout, stderr } = await redrive("orders-int", "--yes");
  expect([exitCode, stdout]).toEqual([1, expect.stringContaining("0 redriven, 1 remaining")]);
  expect(stderr).toMatch(/remain in their dead-letter queues:\n {2}shop-orders-int-things-dlq, SQS stopped moving.*AccessDenied/);
});

test("empty queues are not an error", async () => {
  messages = [];
  expect(await redrive("orders-int", "--yes")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^All dead-letter queues are empty \(1 checked\)\.\n$/),
  });
});

test.each<[string[], string]>([
  [[], "Name one domain"],
  [["int"], "Name one domain"],
  [["orders-live"], 'There is no stack or environment "orders-live"'],
  [["orders-int", "others"], 'orders-int has no trigger "others". Its triggers are: things.'],
])("the arguments %j are an error", async (args, reason) => {
  const { exitCode, stderr } = await redrive(...args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(reason);
});
