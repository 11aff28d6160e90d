import { S3 } from "@aws-sdk/client-s3";
import { makeStateBucket, type StateBucket, type Step } from "../../scripts/aws/state-bucket";
import { clientSettings } from "../../scripts/local/client-settings";
import { type OwnEmulator, startOwnEmulator } from "../harness/own-emulator";

const bucket: StateBucket = { name: "shop-int-state-111111111111", account: "111111111111", region: "eu-west-1" };

let emulator: OwnEmulator;
beforeAll(async () => {
  emulator = await startOwnEmulator();
}, 60_000);
afterAll(() => emulator.stop());

const client = (account = bucket.account) => new S3({ ...clientSettings(emulator, { ...bucket, account }), forcePathStyle: true });

/** Makes the bucket. @returns how many settings were changed, and how many were there already */
async function make(changes: Partial<StateBucket> = {}): Promise<Record<Step["status"], number>> {
  const counts = { done: 0, "is there already": 0 };
  await makeStateBucket(client(), { ...bucket, ...changes }, ({ status }) => {
    counts[status] += 1;
  });
  return counts;
}

test("the bucket is made with all of its settings, and a second time nothing is changed", async () => {
  // A new bucket is private and encrypted by itself, as on AWS since 2023.
  expect(await make()).toEqual({ done: 4, "is there already": 2 });
  expect(await make()).toEqual({ done: 0, "is there already": 6 });
});

test("a setting that somebody changed is set again, and no other", async () => {
  await client().putBucketVersioning({ Bucket: bucket.name, VersioningConfiguration: { Status: "Suspended" } });
  expect(await make()).toEqual({ done: 1, "is there already": 5 });
  expect((await client().getBucketVersioning({ Bucket: bucket.name })).Status).toBe("Enabled");
});

test("the bucket is private, encrypted and versioned, denies requests without TLS, and deletes old versions and plans", async () => {
  const Bucket = bucket.name;
  const access = await client().getPublicAccessBlock({ Bucket });
  expect(Object.values(access.PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
  const { Policy = "" } = await client().getBucketPolicy({ Bucket });
  expect(JSON.parse(Policy).Statement).toMatchObject([
    { Effect: "Deny", Principal: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
  ]);
  const { Rules = [] } = await client().getBucketLifecycleConfiguration({ Bucket });
  expect(Rules).toContainEqual(expect.objectContaining({ NoncurrentVersionExpiration: expect.objectContaining({ NoncurrentDays: 90 }) }));
  expect(Rules).toContainEqual(expect.objectContaining({ Filter: { Prefix: "plans/" }, Expiration: expect.objectContaining({ Days: 7 }) }));
});

test("a bucket of this name that belongs to another account is an error that says what to rename, and is not changed", async () => {
  const name = "taken-int-state-111111111111";
  await client("222222222222").createBucket({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  await expect(make({ name })).rejects.toThrow(`The bucket ${name} exists, but account 111111111111 cannot use it`);
});
