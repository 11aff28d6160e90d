import {
  type BucketLocationConstraint,
  type LifecycleRule,
  NoSuchBucket,
  NotFound,
  type S3,
  type ServerSideEncryptionByDefault,
} from "@aws-sdk/client-s3";
import { UserError } from "../../shared/errors";

/** How long versions of a state are kept after a newer one has replaced them. */
const OLD_VERSIONS_DAYS = 90;
/** How long saved plans are kept. A plan is useless as soon as the state has changed. */
const PLANS_DAYS = 7;
/** The prefix of saved plans. States are under `state/`. */
const PLANS = "plans/";

export interface StateBucket {
  name: string;
  account: string;
  region: string;
  /** The ARN of a customer managed key. Undefined for keys that S3 manages. */
  kmsKey?: string;
}

/** One setting of the bucket: how it is, and how it must be. */
interface Setting {
  /** What the setting achieves, for the output. */
  what: string;
  isRight: () => Promise<boolean>;
  set: () => Promise<unknown>;
}

/**
 * What the bucket for the state of an environment lacks: the bucket itself, or settings of it. It changes nothing.
 * @throws UserError when the name belongs to another account
 */
export async function missingFromStateBucket(s3: S3, bucket: StateBucket): Promise<string[]> {
  const missing: string[] = [];
  for (const { what, isRight } of settings(s3, bucket)) {
    if (await isRight()) continue;
    missing.push(what);
    // A bucket that does not exist has no settings.
    if (missing.length === 1 && what === nameOf(bucket)) break;
  }
  return missing;
}

/**
 * Makes the bucket for the state of an environment, or completes one that exists. It can be run again at any time: it changes only
 * what is not as it must be.
 * @throws UserError when the name belongs to another account
 */
export async function makeStateBucket(s3: S3, bucket: StateBucket): Promise<void> {
  for (const { isRight, set } of settings(s3, bucket)) if (!(await isRight())) await set();
}

function nameOf({ name }: StateBucket): string {
  return `the bucket ${name}`;
}

function settings(s3: S3, bucket: StateBucket): Setting[] {
  const { name, account, region, kmsKey } = bucket;
  const Bucket = name;
  // Never a bucket of another account that happens to have this name.
  const ExpectedBucketOwner = account;
  const encryption: ServerSideEncryptionByDefault = kmsKey
    ? { SSEAlgorithm: "aws:kms", KMSMasterKeyID: kmsKey }
    : { SSEAlgorithm: "AES256" };
  const locked = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  const policy = tlsOnly(name);
  const rules = lifecycle();
  return [
    {
      what: nameOf(bucket),
      isRight: () => exists(s3, name, account),
      set: () =>
        s3.createBucket({
          Bucket,
          ObjectOwnership: "BucketOwnerEnforced",
          // us-east-1 is the default, and S3 rejects it as a location.
          ...(region !== "us-east-1" && { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } }),
        }),
    },
    {
      what: "no public access",
      isRight: async () => {
        const found = await orNone(s3.getPublicAccessBlock({ Bucket, ExpectedBucketOwner }));
        return isSubset(locked, found?.PublicAccessBlockConfiguration);
      },
      set: () => s3.putPublicAccessBlock({ Bucket, ExpectedBucketOwner, PublicAccessBlockConfiguration: locked }),
    },
    {
      what: "versioning",
      isRight: async () => (await s3.getBucketVersioning({ Bucket, ExpectedBucketOwner })).Status === "Enabled",
      set: () => s3.putBucketVersioning({ Bucket, ExpectedBucketOwner, VersioningConfiguration: { Status: "Enabled" } }),
    },
    {
      what: kmsKey ? `encryption with ${kmsKey}` : "encryption with keys that S3 manages",
      isRight: async () => {
        const found = await orNone(s3.getBucketEncryption({ Bucket, ExpectedBucketOwner }));
        return isSubset(encryption, found?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault);
      },
      set: () =>
        s3.putBucketEncryption({
          Bucket,
          ExpectedBucketOwner,
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: encryption, ...(kmsKey && { BucketKeyEnabled: true }) }],
          },
        }),
    },
    {
      what: "a policy that denies requests without TLS",
      isRight: async () => {
        const found = await orNone(s3.getBucketPolicy({ Bucket, ExpectedBucketOwner }));
        return JSON.stringify(JSON.parse(found?.Policy ?? "null")) === policy;
      },
      set: () => s3.putBucketPolicy({ Bucket, ExpectedBucketOwner, Policy: policy }),
    },
    {
      what: `old versions of a state for ${OLD_VERSIONS_DAYS} days, saved plans for ${PLANS_DAYS} days`,
      isRight: async () => {
        const found = await orNone(s3.getBucketLifecycleConfiguration({ Bucket, ExpectedBucketOwner }));
        return rules.every((rule) => (found?.Rules ?? []).some((other) => isSubset(rule, other)));
      },
      set: () => s3.putBucketLifecycleConfiguration({ Bucket, ExpectedBucketOwner, LifecycleConfiguration: { Rules: rules } }),
    },
  ];
}

async function exists(s3: S3, name: string, account: string): Promise<boolean> {
  try {
    await s3.headBucket({ Bucket: name, ExpectedBucketOwner: account });
    return true;
  } catch (error) {
    if (error instanceof NotFound || error instanceof NoSuchBucket) return false;
    throw new UserError(
      `The bucket ${name} exists, but account ${account} cannot use it (${(error as Error).message || (error as Error).name}). Names of buckets are unique across all accounts: change the name of the project in project.config.ts. Nothing was changed.`,
    );
  }
}

function tlsOnly(name: string): string {
  const resources = [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`];
  const condition = { Bool: { "aws:SecureTransport": "false" } };
  const statement = { Sid: "TlsOnly", Effect: "Deny", Principal: "*", Action: "s3:*", Resource: resources, Condition: condition };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

function lifecycle(): LifecycleRule[] {
  return [
    {
      ID: "old-states",
      Status: "Enabled",
      Filter: { Prefix: "" },
      NoncurrentVersionExpiration: { NoncurrentDays: OLD_VERSIONS_DAYS },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: PLANS_DAYS },
    },
    { ID: "saved-plans", Status: "Enabled", Filter: { Prefix: PLANS }, Expiration: { Days: PLANS_DAYS } },
  ];
}

/** The answer, or undefined when the bucket does not have this setting yet. */
async function orNone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (/^NoSuch|NotFoundError$/.test((error as Error).name)) return undefined;
    throw error;
  }
}

/** Whether every field of `expected` has the same value in `found`, which can have more fields. */
function isSubset(expected: unknown, found: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return expected === found;
  return Object.entries(expected).every(([name, value]) => isSubset(value, (found as Record<string, unknown> | undefined)?.[name]));
}
