import { type ComparedStack, type Reason, reasonsBetween } from "../../../scripts/delivery/reasons";

const LAMBDA = {
  name: "work",
  functionName: "shop-orders-int-work",
  logGroup: "",
  source: "domains/orders/lambdas/work.ts",
  zip: "lambdas/work.zip",
  files: ["domains/orders/lambdas/work.ts"],
  packages: ["zod@4.6.6"],
};
const BEFORE: ComparedStack = {
  contents: { blocks: { "aws_sqs_queue.placed": "1", terraform: "1" }, zips: { "lambdas/work.zip": "1" } },
  lambdas: [LAMBDA],
};
const withBlocks = (blocks: Record<string, string>): ComparedStack => ({ ...BEFORE, contents: { ...BEFORE.contents, blocks } });

/** The reasons why the stack is not as before. */
const reasons = (after: ComparedStack, before = BEFORE): Promise<Reason[]> => reasonsBetween(before, after, async () => ["the cause"]);

test("a stack that is the same has no reason", async () => {
  expect(await reasons(BEFORE)).toEqual([]);
});

test.each<[string, ComparedStack, Reason]>([
  [
    "a new resource",
    withBlocks({ ...BEFORE.contents.blocks, "aws_sqs_queue.more": "1" }),
    { code: "resource-added", detail: "aws_sqs_queue.more" },
  ],
  ["a resource that is gone", withBlocks({ terraform: "1" }), { code: "resource-removed", detail: "aws_sqs_queue.placed" }],
  [
    "a resource that changes",
    withBlocks({ ...BEFORE.contents.blocks, "aws_sqs_queue.placed": "2" }),
    { code: "resource-changed", detail: "aws_sqs_queue.placed" },
  ],
  ["settings of Terraform", withBlocks({ ...BEFORE.contents.blocks, terraform: "2" }), { code: "settings", detail: "terraform" }],
  ["an output", withBlocks({ ...BEFORE.contents.blocks, "output.url": "1" }), { code: "settings", detail: "output.url" }],
  [
    "a lambda's code, with its cause",
    { ...BEFORE, contents: { ...BEFORE.contents, zips: { "lambdas/work.zip": "2" } } },
    { code: "bundle", detail: "work's bundle changes (the cause)" },
  ],
  [
    "a provider lock file",
    { ...BEFORE, contents: { ...BEFORE.contents, lock: "1" } },
    { code: "provider-lock", detail: ".terraform.lock.hcl is new" },
  ],
])("%s is a reason", async (_, after, reason) => {
  expect(await reasons(after)).toEqual([reason]);
});

test("the zip of a new lambda is not a reason of its own, because its function is new", async () => {
  const after = withBlocks({ ...BEFORE.contents.blocks, "aws_lambda_function.more": "1" });
  after.contents.zips = { ...BEFORE.contents.zips, "lambdas/more.zip": "1" };
  expect(await reasons(after)).toEqual([{ code: "resource-added", detail: "aws_lambda_function.more" }]);
});

test("if the blocks are at hand, the attributes are named, with values that fit in a line", async () => {
  const block = (changes: object) => new Map([["aws_sqs_queue.placed", { name: "a", delay: 1, policy: "x".repeat(60), ...changes }]]);
  const after = withBlocks({ ...BEFORE.contents.blocks, "aws_sqs_queue.placed": "2" });
  const [reason] = await reasons(
    { ...after, blocks: block({ delay: 2, policy: "y".repeat(60), fifo: true }) },
    { ...BEFORE, blocks: block({}) },
  );
  expect(reason?.detail).toBe("aws_sqs_queue.placed: delay (1 → 2), fifo (none → true), policy");
});
