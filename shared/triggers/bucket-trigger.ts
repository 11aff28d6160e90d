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
import { policyDocument, refusePlainRequests } from "../resources/iam";
import { addFinding } from "../stack/findings";
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

type Wired = BucketWiring & { lambda: AnyFunction };

/** S3: a bucket, and the lambdas that get every object that is written to it. */
export class BucketTrigger extends Trigger<BucketWiring> {
  readonly bucket: S3Bucket;
  private readonly wirings: Wired[] = [];
  private readonly targets: S3BucketNotificationLambdaFunction[] = [];
  private readonly before: string[] = [];
  private notification?: S3BucketNotification;

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
    this.describe({ address: this.bucket.bucket, event });
  }

  protected wire(lambda: AnyFunction, wiring: BucketWiring): void {
    const { prefix, suffix } = wiring;
    this.checkOverlaps(lambda, wiring);
    this.wirings.push({ lambda, ...wiring });
    this.before.push(...this.permit(lambda, "s3.amazonaws.com", this.bucket.arn).map(dependable));
    lambda.grant(["s3:GetObject", "s3:GetObjectVersion"], `${this.bucket.arn}/${prefix ?? ""}*`);
    this.description.deadLetterQueues.push({ name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id });
    const events = ["s3:ObjectCreated:*"];
    this.targets.push({ lambdaFunctionArn: lambda.alias.arn, events, filterPrefix: prefix, filterSuffix: suffix });
    // A bucket has one notification configuration, which holds them all.
    this.notification ??= new S3BucketNotification(this, "notification", { bucket: this.bucket.id });
    this.notification.putLambdaFunction(this.targets);
    this.notification.dependsOn = this.before;
  }

  /** S3 refuses two configurations that one object would fit. */
  private checkOverlaps({ node }: AnyFunction, { prefix, suffix }: BucketWiring): void {
    for (const other of this.wirings) {
      if (!startAlike(other.prefix, prefix) || !startAlike(reversed(other.suffix), reversed(suffix))) continue;
      const both = `one object could set both ${other.lambda.node.id} and ${node.id} going, which S3 refuses`;
      addFinding(this, `${both}; give them prefixes or suffixes that exclude each other`);
    }
  }

  /** A lambda that writes where it listens sets itself going, again and again, and each time costs. */
  protected override problems(): string[] {
    const loops = this.wirings.flatMap((wiring) => {
      const { lambda, prefix = "", neverLoopsBecause } = wiring;
      if (neverLoopsBecause || !this.setsGoing(wiring).has(wiring)) return [];
      const where = `${lambda.node.id} may write ${this.keysOf(lambda).join(", ")}, where the trigger listens ("${prefix}*")`;
      return [`${where}, and would set itself going for ever; write under another prefix, or say in neverLoopsBecause why it cannot`];
    });
    return [...super.problems(), ...loops];
  }

  /** The wirings that a lambda's writes set going, and theirs in turn. */
  private setsGoing({ lambda }: Wired, found = new Set<Wired>()): Set<Wired> {
    const keys = this.keysOf(lambda);
    for (const other of this.wirings) {
      if (found.has(other) || other.neverLoopsBecause || !keys.some((key) => startAlike(key.split(/[*?]/)[0], other.prefix))) continue;
      this.setsGoing(other, found.add(other));
    }
    return found;
  }

  /** What a lambda may write in this bucket. */
  private keysOf(lambda: AnyFunction): string[] {
    const written = lambda.statements.flatMap(({ actions, resources = [] }) => (actions?.includes("s3:PutObject") ? resources : []));
    const [own, ...arns] = this.resolve([this.bucket.arn, ...written]);
    return arns.flatMap((arn) => {
      const [bucket = "", ...key] = arn.split("/");
      const isOwn = [own, this.stack.arnOf("s3", this.bucket.bucketInput ?? "")].includes(bucket) || bucket.includes("*");
      return isOwn ? [key.join("/")] : [];
    });
  }

  /** Two tokens of one attribute are two texts until they are resolved. */
  private resolve(texts: string[]): string[] {
    return Tokenization.resolve(texts, { scope: this, resolver: new DefaultTokenResolver(new StringConcat()), preparing: false });
  }

  private addGuardrails(): void {
    const bucket = this.bucket.id;
    const refused = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
    const access = new S3BucketPublicAccessBlock(this, "public-access-block", { bucket, ...refused });
    new S3BucketOwnershipControls(this, "ownership", { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } });
    // S3's own keys: free, and nobody who may read an object needs another permission for its key.
    const encryption = { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", { bucket, rule: [encryption] });
    const versioning = new S3BucketVersioningA(this, "versioning", { bucket, versioningConfiguration: { status: "Enabled" } });
    this.before.push(dependable(versioning));
    const all = { status: "Enabled", filter: [{ prefix: "" }] };
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket,
      rule: [
        { id: "abort-stale-uploads", ...all, abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }] },
        { id: "forget-old-versions", ...all, noncurrentVersionExpiration: [{ noncurrentDays: 90 }] },
      ],
      dependsOn: [versioning],
    });
    const refusal = refusePlainRequests(["s3:*"], [this.bucket.arn, `${this.bucket.arn}/*`]);
    const policy = policyDocument(this, "policy-document", [refusal]);
    // Two changes of a bucket at once are a conflict to S3.
    new S3BucketPolicy(this, "policy", { bucket, policy, dependsOn: [access] });
  }
}

const startAlike = (one = "", other = "") => one.startsWith(other) || other.startsWith(one);
const reversed = (text = "") => [...text].reverse().join("");
