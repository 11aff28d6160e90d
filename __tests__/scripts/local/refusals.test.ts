import { SSM } from "@aws-sdk/client-ssm";
import type { Stack } from "../../../scripts/artifact/artifact";
import { explainingDeployRefusals, explainingRefusals, readRefusals } from "../../../scripts/local/refusals";
import { UserError } from "../../../shared/errors";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const run = { id: "run", endpoint: "http://127.0.0.1:4999", pid: 1 };
const folderAtStart = process.cwd();

const lambda = {
  name: "record-order",
  functionName: "shop-orders-int-record-order",
  logGroup: "/aws/lambda/shop-orders-int-record-order",
  source: "domains/orders/lambdas/record-order.ts",
  zip: "lambdas/record-order.zip",
  files: [],
  packages: [],
};
const published = (domain: string, parameter: string) => [{ domain, version: 1, parameters: [parameter] }];
const foundation = stackOf("shared-int", [], { publishes: published("shared", "eventBusArn") });
const ledger = stackOf("ledger-int", [], { publishes: published("ledger", "tableArn") });
const customers = stackOf("customers-int", [], { publishes: published("customers", "queueArn") });
const orders = stackOf("orders-int", ["shared-int", "ledger-int"], {
  lambdas: [lambda],
  secrets: [{ name: "mailer-key", parameter: "/shop/int/orders/secret/mailer-key" }],
});
const stacks = [foundation, ledger, customers, orders];

/** The SSM parameters of the local AWS. */
const parameters: Record<string, string> = {
  "/shop/int/shared/v1/eventBusArn": "arn:aws:events:eu-west-1:111111111111:event-bus/shop",
  "/shop/int/ledger/v1/tableArn": "arn:aws:dynamodb:eu-west-1:111111111111:table/entries",
  "/shop/int/customers/v1/queueArn": "arn:aws:sqs:eu-west-1:111111111111:customers",
};

beforeEach(() => {
  process.chdir(temporaryFolder());
  (jest.spyOn(SSM.prototype, "getParameters") as jest.SpyInstance).mockImplementation(async ({ Names }: { Names: string[] }) => ({
    Parameters: Names.filter((name) => name in parameters).map((name) => ({ Name: name, Value: parameters[name] })),
  }));
  // The bucket of the stack orders-int, as the artifact and its local state have it.
  const bucket = { mode: "managed", type: "aws_s3_bucket", name: "b", instances: [{ attributes: { arn: "arn:aws:s3:::shop-orders" } }] };
  writeFiles(process.cwd(), {
    "cdktf.out/stacks/orders-int/cdk.tf.json": JSON.stringify({
      resource: { aws_s3_bucket: { b: { "//": { metadata: { path: "orders-int/paid-orders/bucket" } } } } },
    }),
    ".state/orders-int/local/terraform.tfstate": JSON.stringify({ serial: 1, outputs: {}, resources: [bucket] }),
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(folderAtStart);
});

const session = (role: string) => `arn:aws:sts::111111111111:assumed-role/${role}/session`;

/** Lets the local AWS decide about actions of the lambda record-order now. */
function decide(...decisions: object[]): void {
  const now = { time: Date.now() / 1000, principal: session(lambda.functionName), action: "dynamodb:PutItem", decision: "ImplicitDeny" };
  const lines = decisions.map((decision) => JSON.stringify({ ...now, ...decision }));
  writeFiles(process.cwd(), { ".local/decisions.jsonl": `${lines.join("\n")}\n` });
}

/** The explanation of what was refused while a command failed. */
function explanationOf(...decisions: object[]): Promise<string> {
  return explanationIn(stacks, ...decisions);
}

async function explanationIn(all: Stack[], ...decisions: object[]): Promise<string> {
  const error: Error = await explainingRefusals(run, all, async () => {
    decide(...decisions);
    throw new UserError("The sample did not reach ledger.");
  }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  const [what, ...explanations] = error.message.split("\n\n");
  expect(what).toBe("The sample did not reach ledger.");
  return explanations.join("\n\n");
}

const entries = "arn:aws:dynamodb:eu-west-1:111111111111:table/entries";

test("the error of a command names the lambda that was refused, the action, the resource and the line that allows it", async () => {
  expect(await explanationOf({ resource: entries })).toBe(
    `record-order (orders-int) was refused dynamodb:PutItem on ${entries}. Allow it in domains/orders/stack.ts:
  recordOrder.allow(["dynamodb:PutItem"], ledger.tableArn);`,
  );
});

test.each([
  [
    "a part of a resource",
    "dynamodb:Query",
    `${entries}/index/by-day`,
    `recordOrder.allow(["dynamodb:Query"], \`\${ledger.tableArn}/index/by-day\`);`,
  ],
  [
    "the foundation's bus",
    "events:PutEvents",
    parameters["/shop/int/shared/v1/eventBusArn"],
    'recordOrder.allow(["events:PutEvents"], this.foundation.eventBusArn);',
  ],
  [
    "a resource of the stack's own",
    "s3:ListBucket",
    "arn:aws:s3:::shop-orders",
    'recordOrder.allow(["s3:ListBucket"], paidOrders.bucket.arn);',
  ],
  [
    "an object in a folder",
    "s3:PutObject",
    "arn:aws:s3:::shop-orders/paid/2030/1.json",
    `recordOrder.allow(["s3:PutObject"], \`\${paidOrders.bucket.arn}/paid/*\`);`,
  ],
  [
    "an object in no folder",
    "s3:PutObject",
    "arn:aws:s3:::shop-orders/1.json",
    `recordOrder.allow(["s3:PutObject"], \`\${paidOrders.bucket.arn}/*\`);`,
  ],
  [
    "a secret",
    "ssm:GetParameter",
    "arn:aws:ssm:eu-west-1:111111111111:parameter/shop/int/orders/secret/mailer-key",
    "mailerKey.grantRead(recordOrder);",
  ],
  [
    "a resource that no contract has",
    "sqs:SendMessage",
    "arn:aws:sqs:eu-west-1:111111111111:other",
    'recordOrder.allow(["sqs:SendMessage"], "arn:aws:sqs:eu-west-1:111111111111:other");',
  ],
])("the line for %s is what a domain's author would write", async (_, action, resource, line) => {
  expect((await explanationOf({ action, resource })).split("\n").slice(1)).toEqual([`  ${line}`]);
});

test("for a contract that the domain does not read yet, the lines also read it", async () => {
  const resource = parameters["/shop/int/customers/v1/queueArn"];
  expect((await explanationOf({ action: "sqs:SendMessage", resource })).split("\n").slice(1)).toEqual([
    "  const customers = this.read(customersContract);",
    '  recordOrder.allow(["sqs:SendMessage"], customers.queueArn);',
  ]);
});

test("the contract of a renamed domain is found under the name that it had", async () => {
  const renamed = { ...customers, stack: "clients-int", domain: "clients", formerly: "customers" };
  const resource = parameters["/shop/int/customers/v1/queueArn"];
  const explanation = await explanationIn([foundation, ledger, renamed, orders], { action: "sqs:SendMessage", resource });
  expect(explanation).toContain('recordOrder.allow(["sqs:SendMessage"], customers.queueArn);');
});

test("an action that a policy denies is named as such, because no further permission helps", async () => {
  const explanation = await explanationOf({ resource: entries, decision: "Deny" });
  expect(explanation).toMatch(/record-order \(orders-int\) was refused .* A policy denies it/);
  expect(explanation).not.toContain("recordOrder.allow");
});

test("each refusal is named once, however often the lambda was invoked", async () => {
  expect((await explanationOf({ resource: entries }, { resource: entries })).match(/was refused/g)).toHaveLength(1);
});

test("refusals of earlier commands, refusals to other callers, and allowed actions are left out", () => {
  const start = Date.now();
  decide(
    { resource: entries, time: start / 1000 - 60 },
    { resource: entries, principal: session("shop-customers-int-other") },
    { resource: entries, principal: "111111111111" },
    { resource: entries, decision: "Allow" },
  );
  expect(readRefusals(stacks, start)).toEqual([]);
});

test("an AWS that does not record its decisions has no refusals", () => {
  expect(readRefusals(stacks, 0)).toEqual([]);
});

test("a command that does not fail returns its result, and an error that is a bug is not changed", async () => {
  expect(await explainingRefusals(run, stacks, async () => 3)).toBe(3);
  const bug = new TypeError("undefined is not a function");
  await expect(explainingRefusals(run, stacks, async () => Promise.reject(bug))).rejects.toBe(bug);
});

describe("while stacks are deployed under their apply roles", () => {
  const queue = "arn:aws:sqs:eu-west-1:111111111111:shop-orders-int-placed";
  const refused = { principal: session("shop-int-orders-apply"), action: "sqs:SetQueueAttributes", resource: queue };
  const deploy = (decision: object, failure?: Error) =>
    explainingDeployRefusals(stacks, async () => {
      decide(decision);
      if (failure) throw failure;
    });

  test("a refusal is an error with the stack, the action, the resource and the place to allow it, also if Terraform has ignored it", async () => {
    await expect(deploy(refused)).rejects.toThrow(
      new UserError(
        `The apply roles of these stacks were refused:\n  orders-int: sqs:SetQueueAttributes on ${queue}\nAdd what is missing to the row of the resource's type in shared/foundation/roles/permissions.ts (foundation-permissions.ts for shared), and run the command again.`,
      ),
    );
  });

  test("Terraform's own error comes first", async () => {
    await expect(deploy(refused, new UserError("orders-int failed"))).rejects.toThrow(
      /^orders-int failed\n\nThe apply roles of these stacks/,
    );
  });

  test("an explicit Deny says so, because a further permission does not help", async () => {
    await expect(deploy({ ...refused, decision: "Deny" })).rejects.toThrow(/shop-orders-int-placed \(a policy denies it\)/);
  });

  test.each<[string, object]>([
    ["what was allowed", { ...refused, decision: "Allow" }],
    ["what was refused to a plan role, which a test may try", { ...refused, principal: session("shop-int-orders-plan") }],
    ["what was refused to a lambda", { ...refused, principal: session(lambda.functionName) }],
  ])("%s is no error", async (_, decision) => {
    await deploy(decision);
  });

  test("another error stays as it is", async () => {
    const error = new TypeError("a bug");
    await expect(deploy({ ...refused, decision: "Allow" }, error)).rejects.toBe(error);
  });
});
