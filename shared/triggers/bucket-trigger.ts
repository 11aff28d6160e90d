import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketNotification, type S3BucketNotificationLambdaFunction } from "@cdktf/provider-aws/lib/s3-bucket-notification";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { DefaultTokenResolver, dependable, StringConcat, Tokenization } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { refusePlainRequests } from "../iam";
import { type AnyFunction, Trigger } from "./trigger";

export interface BucketTriggerProps {
  /** What its objects are, as JSON. */
  event: EventDefinition;
}

export interface BucketWiring {
  /** What the keys of its objects begin with. @default all objects */
  prefix?: string;
  /** What the keys of its objects end with. @default all objects */
  suffix?: string;
  /** Why the lambda does not set itself going, though it may write where the trigger listens. */
  neverLoopsBecause?: string;
}

/** S3: a bucket, and the lambdas that get every object that is written to it. */
export class BucketTrigger extends Trigger<BucketWiring> {
  readonly bucket: S3Bucket;
  private readonly wirings: (BucketWiring & { lambda: AnyFunction })[] = [];
  private notification?: S3BucketNotification;
  private readonly targets: S3BucketNotificationLambdaFunction[] = [];
  private readonly before: string[] = [];

  constructor(scope: Construct, id: string, { event }: BucketTriggerProps) {
    super(scope, id, "bucket");
    const { account, protectData } = this.stack.environment;
    const thing = [...this.node.path.split("/").slice(1), account].join("-");
    this.bucket = new S3Bucket(this, "bucket", {
      // The names of all buckets in the world are one list: the account's id keeps ours apart.
      bucket: this.stack.nameFor(this, "S3 bucket", thing),
      // Where data is not protected, a domain can be destroyed whatever its bucket holds.
      forceDestroy: !protectData,
      lifecycle: protectData ? { preventDestroy: true } : undefined,
    });
    this.addGuardrails();
    this.describe({ address: this.bucket.bucket, sample: event.example });
  }

  protected wire(lambda: AnyFunction, wiring: BucketWiring): void {
    const { prefix = "", suffix = "" } = wiring;
    this.wirings.push({ lambda, ...wiring });
    lambda.grant(["s3:GetObject", "s3:GetObjectVersion"], `${this.bucket.arn}/${prefix}*`);
    this.description.deadLetterQueues.push({ name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id });

    this.targets.push({
      lambdaFunctionArn: lambda.alias.arn,
      events: ["s3:ObjectCreated:*"],
      filterPrefix: prefix || undefined,
      filterSuffix: suffix || undefined,
    });
    this.before.push(...this.permit(lambda, "s3.amazonaws.com", this.bucket.arn).map(dependable));
    // A bucket has one notification configuration, which holds them all.
    this.notification ??= new S3BucketNotification(this, "notification", { bucket: this.bucket.id });
    this.notification.putLambdaFunction(this.targets);
    this.notification.dependsOn = this.before;
  }

  protected override problems(): string[] {
    return [...super.problems(), ...this.overlaps(), ...this.loops()];
  }

  /** S3 refuses two configurations that one object would fit. */
  private overlaps(): string[] {
    return this.wirings.flatMap((one, index) =>
      this.wirings.slice(index + 1).flatMap((other) => {
        const overlap = startAlike(one.prefix, other.prefix) && startAlike(reversed(one.suffix), reversed(other.suffix));
        return overlap
          ? [
              `one object could set both ${one.lambda.node.id} and ${other.lambda.node.id} going, which S3 refuses; give them prefixes or suffixes that exclude each other`,
            ]
          : [];
      }),
    );
  }

  /** A lambda that writes where it listens sets itself going, again and again, and each time costs. */
  private loops(): string[] {
    const own = `${this.arnOf(this.bucket.arn)}/`;
    return this.wirings.flatMap(({ lambda, prefix, neverLoopsBecause }) => {
      const writes = lambda.statements.filter(({ actions }) => actions?.includes("s3:PutObject"));
      const keys = writes
        .flatMap(({ resources = [] }) => resources.map((arn) => this.arnOf(arn)))
        .flatMap((arn) => (arn.startsWith(own) ? [arn.slice(own.length)] : []));
      if (neverLoopsBecause || !keys.some((key) => startAlike(key.split("*")[0], prefix))) return [];
      const where = `${lambda.node.id} may write ${keys.join(", ")}, where the trigger listens ("${prefix ?? ""}*")`;
      return [`${where}, and would set itself going for ever; write under another prefix, or say in neverLoopsBecause why it cannot`];
    });
  }

  /** Two tokens of one attribute are two texts until they are resolved. */
  private arnOf(arn: string): string {
    return Tokenization.resolve(arn, { scope: this, resolver: new DefaultTokenResolver(new StringConcat()), preparing: false });
  }

  private addGuardrails(): void {
    const bucket = this.bucket.id;
    const access = new S3BucketPublicAccessBlock(this, "public-access-block", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, "ownership", { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } });
    // S3's own keys: free, and nobody who may read an object needs another permission for its key.
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    const versioning = new S3BucketVersioningA(this, "versioning", { bucket, versioningConfiguration: { status: "Enabled" } });
    this.before.push(dependable(versioning));
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket,
      rule: [
        {
          id: "abort-stale-uploads",
          status: "Enabled",
          filter: [{ prefix: "" }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
        },
        { id: "forget-old-versions", status: "Enabled", filter: [{ prefix: "" }], noncurrentVersionExpiration: [{ noncurrentDays: 90 }] },
      ],
      dependsOn: [versioning],
    });
    const policy = new DataAwsIamPolicyDocument(this, "policy-document", {
      statement: [refusePlainRequests(["s3:*"], [this.bucket.arn, `${this.bucket.arn}/*`])],
    });
    // Two changes of a bucket at once are a conflict to S3.
    new S3BucketPolicy(this, "policy", { bucket, policy: policy.json, dependsOn: [access] });
  }
}

const startAlike = (one = "", other = "") => one.startsWith(other) || other.startsWith(one);
const reversed = (text = "") => [...text].reverse().join("");
