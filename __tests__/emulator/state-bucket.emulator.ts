import { S3 } from "@aws-sdk/client-s3";
import { makeStateBucket, missingFromStateBucket, type StateBucket } from "../../scripts/aws/state-bucket";
import { clientSettings } from "../../scripts/local/client-settings";
import { type OwnEmulator, startOwnEmulator } from "../harness/own-emulator";

const bucket: StateBucket = { name: "shop-int-state-111111111111", account: "111111111111", region: "eu-west-1" };

let emulator: OwnEmulator;
beforeAll(async () => {
  emulator = await startOwnEmulator();
}, 60_000);
afterAll(() => emulator.stop());

const client = (account = bucket.account) => new S3({ ...clientSettings(emulator, { ...bucket, account }), forcePathStyle: true });

const missing = (changes: Partial<StateBucket> = {}) => missingFromStateBucket(client(), { ...bucket, ...changes });
const make = (changes: Partial<StateBucket> = {}) => makeStateBucket(client(), { ...bucket, ...changes });

test("of a bucket that does not exist, only the bucket is missing; once it is made, nothing is", async () => {
  expect(await missing()).toEqual([`the bucket ${bucket.name}`]);
  await make();
  expect(await missing()).toEqual([]);
});

test("a setting that somebody changed is named, and set again, and no other", async () => {
  await client().putBucketVersioning({ Bucket: bucket.name, VersioningConfiguration: { Status: "Suspended" } });
  expect(await missing()).toEqual(["versioning"]);
  await make();
  expect(await missing()).toEqual([]);
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
