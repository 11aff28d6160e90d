import {
  type Convention,
  firstResource,
  type Json,
  refersTo,
  removeResources,
  resourcesFailing,
  resourcesOf,
  type TerraformBlock,
} from "./convention";

const BUCKET = "aws_s3_bucket";
const BUCKET_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration";
const BUCKET_PUBLIC_ACCESS = "aws_s3_bucket_public_access_block";
const BUCKET_VERSIONING = "aws_s3_bucket_versioning";
const QUEUE = "aws_sqs_queue";
const STREAM = "aws_kinesis_stream";
const TABLE = "aws_dynamodb_table";
const TOPIC = "aws_sns_topic";

/** Data is encrypted, private, and safe from deletion. */
export const dataConventions: Convention[] = [
  {
    id: "encryption",
    // AWS always encrypts tables, log groups and event buses.
    rule: "every queue, Kinesis stream, bucket and topic is encrypted",
    check: ({ json, description }) => [
      ...resourcesFailing(
        json,
        QUEUE,
        ({ sqs_managed_sse_enabled, kms_master_key_id }) => sqs_managed_sse_enabled === true || kms_master_key_id,
      ),
      ...resourcesFailing(json, STREAM, ({ encryption_type, kms_key_id }) => encryption_type === "KMS" && kms_key_id),
      ...resourcesFailing(json, BUCKET, (_, bucket) => settingsOf(json, bucket, BUCKET_ENCRYPTION)),
      ...resourcesFailing(json, TOPIC, ({ kms_master_key_id: key }) => {
        // CloudWatch sends alarms to the foundation's topic, but is not allowed to use the AWS managed key.
        const isUnusableKey = key === "alias/aws/sns" && description.domain === "shared";
        return key && !isUnusableKey;
      }),
    ],
    counterExamples: [
      {
        title: "a queue without encryption",
        change: ({ json }) => Object.assign(firstResource(json, QUEUE), { sqs_managed_sse_enabled: false }),
      },
      { title: "a bucket without encryption", change: ({ json }) => removeResources(json, BUCKET_ENCRYPTION) },
      { title: "a Kinesis stream without encryption", change: ({ json }) => delete firstResource(json, STREAM).encryption_type },
      {
        title: "a topic without encryption",
        specimen: "shared",
        change: ({ json }) => delete firstResource(json, TOPIC).kms_master_key_id,
      },
      {
        title: "an alarm topic with a key that CloudWatch cannot use",
        specimen: "shared",
        change: ({ json }) => Object.assign(firstResource(json, TOPIC), { kms_master_key_id: "alias/aws/sns" }),
      },
    ],
  },
  {
    id: "bucket-public-access",
    rule: "every bucket blocks all public access",
    check: ({ json }) =>
      resourcesFailing(json, BUCKET, (_, bucket) => {
        const access = settingsOf(json, bucket, BUCKET_PUBLIC_ACCESS);
        return PUBLIC_ACCESS_BLOCKS.every((block) => access?.[block] === true);
      }),
    counterExamples: [
      { title: "a bucket without a public access block", change: ({ json }) => removeResources(json, BUCKET_PUBLIC_ACCESS) },
      {
        title: "a bucket whose policy can make it public",
        change: ({ json }) => Object.assign(firstResource(json, BUCKET_PUBLIC_ACCESS), { block_public_policy: false }),
      },
    ],
  },
  {
    id: "bucket-versioning",
    rule: "every bucket keeps the earlier versions of its objects",
    check: ({ json }) =>
      resourcesFailing(
        json,
        BUCKET,
        (_, bucket) => settingsOf(json, bucket, BUCKET_VERSIONING)?.versioning_configuration.status === "Enabled",
      ),
    counterExamples: [{ title: "a bucket without versioning", change: ({ json }) => removeResources(json, BUCKET_VERSIONING) }],
  },
  {
    id: "table-recovery",
    rule: "every table that holds data has point-in-time recovery",
    check: ({ json }) => resourcesFailing(json, TABLE, (table) => !holdsData(table) || table.point_in_time_recovery?.enabled === true),
    counterExamples: [
      { title: "a table without point-in-time recovery", change: ({ json }) => delete firstResource(json, TABLE).point_in_time_recovery },
    ],
  },
  {
    id: "data-protection",
    rule: "in an environment with protectData, no bucket and no table that holds data can be deleted",
    check: ({ json, environment }) => {
      if (!environment.protectData) return [];
      return [
        ...resourcesFailing(json, BUCKET, ({ lifecycle, force_destroy }) => lifecycle?.prevent_destroy === true && force_destroy !== true),
        ...resourcesFailing(json, TABLE, (table) => {
          const isProtected = table.deletion_protection_enabled === true && table.lifecycle?.prevent_destroy === true;
          return !holdsData(table) || isProtected;
        }),
      ];
    },
    counterExamples: [
      { title: "a bucket that Terraform can destroy", change: ({ json }) => delete firstResource(json, BUCKET).lifecycle },
      {
        title: "a bucket that Terraform can destroy together with its objects",
        change: ({ json }) => Object.assign(firstResource(json, BUCKET), { force_destroy: true }),
      },
      {
        title: "a table without deletion protection",
        change: ({ json }) => Object.assign(firstResource(json, TABLE), { deletion_protection_enabled: false }),
      },
      {
        title: "a table without a stream and without deletion protection",
        change: ({ json }) => Object.assign(firstResource(json, TABLE, /totals/), { deletion_protection_enabled: false }),
      },
      {
        title: "a table with a stream, with items that expire, and without deletion protection",
        change: ({ json }) =>
          Object.assign(firstResource(json, TABLE, /entries/), { ttl: { enabled: true }, deletion_protection_enabled: false }),
      },
      { title: "a table that Terraform can destroy", change: ({ json }) => delete firstResource(json, TABLE).lifecycle },
    ],
  },
];

const PUBLIC_ACCESS_BLOCKS = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/** The attributes of the resource that has a bucket's settings of that kind. */
function settingsOf(json: Json, bucket: TerraformBlock, type: string): Json {
  return resourcesOf(json, type).find(({ attributes }) => refersTo(attributes.bucket, bucket))?.attributes;
}

/** A table whose items expire is a cache, such as the idempotency table, unless a stream makes each item an event. */
function holdsData({ ttl, stream_enabled }: Json): boolean {
  return !ttl?.enabled || Boolean(stream_enabled);
}
