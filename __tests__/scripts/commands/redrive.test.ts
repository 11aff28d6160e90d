import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { runProcess } from "../../../scripts/cli/process";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

/** A server of STS and of one queue, in which a message may lie. */
let server: Server;
let account: string;
let messages: object[];
const asked: string[] = [];

const ANSWERS: Record<string, () => object> = {
  GetQueueUrl: () => ({ QueueUrl: `${endpoint()}/queue` }),
  GetQueueAttributes: () => ({ Attributes: { ApproximateNumberOfMessages: String(messages.length) } }),
  ReceiveMessage: () => ({ Messages: messages }),
  ChangeMessageVisibility: () => ({}),
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
  const keys = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret", AWS_ENDPOINT_URL: endpoint() };
  return runProcess(process.execPath, [command, ...args], { cwd: temporaryFolder(inArtifact), env: { ...process.env, ...keys } });
}

test("credentials of another account than the environment's are refused before any queue is touched", async () => {
  account = "222222222222";
  const { exitCode, stderr } = await redrive("orders-int", "--yes");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("orders-int is in account 111111111111, and your credentials are of 222222222222");
  expect(asked).toEqual(["GetCallerIdentity"]);
});

test("what lies there is shown with its number and its age; a dry run does no more", async () => {
  const { exitCode, stdout } = await redrive("orders-int", "--dry-run");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/things +shop-orders-int-things-dlq +messages +1 +60 min/);
  expect(asked.filter((action) => /Move|Delete|Send/.test(action))).toEqual([]);
});

test("without a terminal and without --yes nothing is brought back, and the command fails", async () => {
  const { exitCode, stderr } = await redrive("orders-int");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("say --yes");
  expect(asked.filter((action) => /Move|Delete|Send/.test(action))).toEqual([]);
});

test("nothing in the queues is no failure", async () => {
  messages = [];
  expect(await redrive("orders-int", "--yes")).toMatchObject({ exitCode: 0, stdout: "Nothing lies in the dead-letter queues (1).\n" });
});

test.each<[string[], string]>([
  [[], "Name one domain"],
  [["int"], "Name one domain"],
  [["orders-live"], 'There is no stack or environment "orders-live"'],
  [["orders-int", "others"], 'orders-int has no trigger "others"; there are: things.'],
])("%j is refused", async (args, reason) => {
  const { exitCode, stderr } = await redrive(...args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(reason);
});
