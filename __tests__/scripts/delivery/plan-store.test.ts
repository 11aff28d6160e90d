import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import type { Stack } from "../../../scripts/artifact/artifact";
import type { SavedPlan } from "../../../scripts/delivery/plan-record";
import { forgetPlan, lastPlanOf, readPlan, savePlan } from "../../../scripts/delivery/plan-store";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const BUCKET = "shop-int-state-111111111111";
const folderAtStart = process.cwd();
const s3 = mockClient(S3Client);
let objects: Map<string, Buffer>;
let owners: Set<string | undefined>;

beforeEach(() => {
  process.chdir(temporaryFolder());
  objects = new Map();
  owners = new Set();
  s3.reset();
  s3.on(PutObjectCommand).callsFake(({ Key, Body, ExpectedBucketOwner }) => {
    objects.set(Key, Buffer.from(Body));
    owners.add(ExpectedBucketOwner);
    return {};
  });
  s3.on(GetObjectCommand).callsFake(({ Key, ExpectedBucketOwner }) => {
    owners.add(ExpectedBucketOwner);
    const body = objects.get(Key);
    if (!body) throw new NoSuchKey({ message: "", $metadata: {} });
    return { Body: { transformToByteArray: async () => body } };
  });
});
afterEach(() => process.chdir(folderAtStart));

/** A stack with this backend. */
function stackWith(backend: object): Stack {
  return stackOf("orders-int", [], { folder: temporaryFolder({ "cdk.tf.json": JSON.stringify({ terraform: { backend } }) }) });
}
const inS3 = () => stackWith({ s3: { bucket: BUCKET, key: "state/orders.tfstate", region: "eu-west-1" } });
const saved = {
  record: { plan: "3f2a".padEnd(64, "0") },
  recordText: JSON.stringify({ plan: "3f2a".padEnd(64, "0") }),
  plan: Buffer.from("values in clear text"),
  lockFile: Buffer.from("lock"),
} as unknown as SavedPlan;
const AWS = { origin: "main", isLocal: false } as const;

test("with the state in S3, a plan is saved in the bucket of the state only, and read from there", async () => {
  const stack = inS3();
  const location = await savePlan(stack, saved, AWS);
  expect(location).toBe(`s3://${BUCKET}/plans/main/orders/3f2a${"0".repeat(28)}/`);
  expect([...objects.keys()].map((key) => key.split("/").at(-1))).toEqual(["plan.tfplan", "terraform.lock.hcl", "record.json"]);
  expect(await readPlan(stack, location, false)).toEqual(saved);
  expect(lastPlanOf(stack)).toBe(location);
  // Never a bucket of another account that happens to have the name.
  expect([...owners]).toEqual(["111111111111"]);
});

test("with another kind of state, and on the local AWS, it stays on this machine", async () => {
  for (const [stack, isLocal] of [[stackWith({ local: {} }), false] as const, [inS3(), true] as const]) {
    const location = await savePlan(stack, saved, { ...AWS, isLocal });
    expect(location).toBe(".deploy/plans/orders-int/");
    expect(await readPlan(stack, location, isLocal)).toEqual(saved);
  }
  expect(objects.size).toBe(0);
});

test("the plan of a pull request is saved apart, and cannot be applied", async () => {
  const stack = inS3();
  const location = await savePlan(stack, saved, { ...AWS, origin: "pull-request" });
  expect(location).toContain("/plans/pull-request/orders/");
  await expect(readPlan(stack, location, false)).rejects.toThrow(/its plans that may be applied are in .*\/plans\/main\/orders\/<plan>\//);
  const local = stackWith({ local: {} });
  const folder = await savePlan(local, saved, { ...AWS, origin: "pull-request" });
  await expect(readPlan(local, folder, false)).rejects.toThrow("its plans that may be applied are in .deploy/plans/orders-int/");
  expect([lastPlanOf(stack), lastPlanOf(local)]).toEqual([undefined, undefined]);
});

test.each([
  `s3://${BUCKET}/plans/main/ledger/3f2a/`,
  "s3://other/plans/main/orders/3f2a/",
  `s3://${BUCKET}/plans/main/orders/../ledger/3f2a/`,
  `s3://${BUCKET}/plans/main/orders/3f2a`,
  ".deploy/plans/orders-int/",
])("a plan in %s is not one of the stack", async (location) => {
  await expect(readPlan(inS3(), location, false)).rejects.toThrow(/orders-int: its plans that may be applied are in .*Nothing was changed/);
});

test("a plan that is gone, or whose saving was interrupted, is an error that says how to make another one", async () => {
  const stack = inS3();
  const location = await savePlan(stack, saved, AWS);
  objects.delete([...objects.keys()].at(-1) ?? "");
  await expect(readPlan(stack, location, false)).rejects.toThrow(/there is no complete plan in s3.*Plan again: npm run plan -- orders-int/);
});

test("a plan that was applied is forgotten", async () => {
  const stack = stackWith({ local: {} });
  const location = await savePlan(stack, saved, AWS);
  forgetPlan(stack);
  expect(lastPlanOf(stack)).toBeUndefined();
  await expect(readPlan(stack, location, false)).rejects.toThrow("there is no complete plan");
});
