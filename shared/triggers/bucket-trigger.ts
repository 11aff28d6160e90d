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
import { denyRequestsWithoutTls, policyDocument } from "../resources/iam";
import { addFinding } from "../stack/findings";
import { deployedPath, type FormerId } from "../stack/former-ids";
import { type AnyFunction, Trigger } from "./trigger";

export interface BucketTriggerProps extends FormerId {
  /** The event in each object, as JSON. */
  event: EventDefinition;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html */
export interface BucketWiring {
  /**
   * The start of the keys of the objects that invoke the lambda. The lambda can read only these objects.
   * @default all objects
   */
  prefix?: string;
  /**
   * The end of the keys of the objects that invoke the lambda.
   * @default all objects
   */
  suffix?: string;
  /**
   * Why the lambda never invokes itself, although its permissions let it write objects with this prefix.
   * The reason turns off the check for endless loops.
   * @default no reason: a lambda that could invoke itself, directly or through another lambda, is a finding
   */
  neverLoopsBecause?: string;
}

type WiredLambda = BucketWiring & { lambda: AnyFunction };

/**
 * An S3 bucket, and the lambdas that are invoked when an object is written.
 *
 * With no option set, it creates:
 * - A bucket that is closed to the public, encrypted with keys of S3, and denies requests without TLS. If the environment
 *   protects data, Terraform does not destroy it.
 * - Versioning that keeps old versions for 90 days. Incomplete uploads are deleted after 7 days.
 * - A notification that invokes the lambdas for every object that is created or overwritten.
 * - For each lambda, an on-failure destination for objects that the lambda failed to process 3 times, with an alarm that
 *   fires on the first one.
 * - An output with the bucket's name.
 *
 * @example
 * const render = new NodejsFunction(this, "render");
 * const documents = new BucketTrigger(this, "documents", { event: OrderPlaced });
 * render.allow(["s3:PutObject"], `${documents.bucket.arn}/invoices/*`);
 * documents.invokes(render, {
 *   prefix: "requests/",
 *   suffix: ".json",
 * });
 */
export class BucketTrigger extends Trigger<BucketWiring> {
  /** The raw bucket, for settings that no option covers. */
  readonly bucket: S3Bucket;
  private readonly wiredLambdas: WiredLambda[] = [];
  /** A bucket has one notification, which lists all lambdas. */
  private notification?: S3BucketNotification;
  private readonly notifiedLambdas: S3BucketNotificationLambdaFunction[] = [];
  private readonly notificationDependencies: string[] = [];

  constructor(scope: Construct, id: string, { event, formerly }: BucketTriggerProps) {
    super(scope, id, "bucket", { formerly });
    const { account, protectData } = this.stack.environment;
    // A bucket's name exists only once in the world. The account's id makes it unique.
    const pathAndAccount = [...deployedPath(this), account].join("-");
    this.bucket = new S3Bucket(this, "bucket", {
      bucket: this.stack.nameFor(this, "S3 bucket", pathAndAccount),
      // If data is not protected, Terraform can destroy a bucket that has objects.
      forceDestroy: !protectData,
      lifecycle: protectData ? { preventDestroy: true } : undefined,
    });
    const accessBlock = this.closeToPublic();
    this.encrypt();
    const versioning = this.keepOldVersions();
    this.notificationDependencies.push(dependable(versioning));
    this.denyRequestsWithoutTls(accessBlock);
    this.describe({ address: this.bucket.bucket, event });
  }

  protected wire(lambda: AnyFunction, wiring: BucketWiring): void {
    const { prefix, suffix } = wiring;
    this.checkOverlaps(lambda, wiring);
    this.wiredLambdas.push({ lambda, ...wiring });
    const permissions = this.permit(lambda, "s3.amazonaws.com", this.bucket.arn);
    this.notificationDependencies.push(...permissions.map(dependable));
    lambda.grant(["s3:GetObject", "s3:GetObjectVersion"], `${this.bucket.arn}/${prefix ?? ""}*`);
    this.description.deadLetterQueues.push({ name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id });
    this.notifiedLambdas.push({
      lambdaFunctionArn: lambda.alias.arn,
      events: ["s3:ObjectCreated:*"],
      filterPrefix: prefix,
      filterSuffix: suffix,
    });
    this.notification ??= new S3BucketNotification(this, "notification", { bucket: this.bucket.id });
    this.notification.putLambdaFunction(this.notifiedLambdas);
    this.notification.dependsOn = this.notificationDependencies;
  }

  /** S3 rejects a notification in which the filters of two lambdas can match the same key. */
  private checkOverlaps({ node }: AnyFunction, { prefix, suffix }: BucketWiring): void {
    for (const other of this.wiredLambdas) {
      const prefixesOverlap = startAlike(other.prefix, prefix);
      const suffixesOverlap = startAlike(reversed(other.suffix), reversed(suffix));
      if (!prefixesOverlap || !suffixesOverlap) continue;
      const conflict = `the same object can match the filters of ${other.lambda.node.id} and ${node.id}, which S3 rejects`;
      addFinding(this, `${conflict}. Give them prefixes or suffixes that exclude each other.`);
    }
  }

  /** A lambda that writes objects which invoke it again runs in an endless loop, and AWS charges for each invocation. */
  protected override problems(): string[] {
    const loops = this.wiredLambdas.filter((wired) => !wired.neverLoopsBecause && this.wiringsInvokedBy(wired).has(wired));
    return [...super.problems(), ...loops.map((wired) => this.loopProblem(wired))];
  }

  private loopProblem({ lambda, prefix = "" }: WiredLambda): string {
    const keys = this.keysWrittenBy(lambda).join(", ");
    const loop = `${lambda.node.id} can write ${keys} in the bucket. These objects would invoke it again (prefix "${prefix}"), in an endless loop`;
    return `${loop}. Let it write under another prefix, or explain in neverLoopsBecause why it does not loop.`;
  }

  /**
   * The wirings whose lambdas are invoked when this lambda writes an object, directly or through other lambdas. Recursive.
   * @param found the wirings that are known already, so that the recursion ends
   */
  private wiringsInvokedBy({ lambda }: WiredLambda, found = new Set<WiredLambda>()): Set<WiredLambda> {
    const keys = this.keysWrittenBy(lambda);
    for (const other of this.wiredLambdas) {
      const isInvoked = keys.some((key) => startAlike(beforeWildcard(key), other.prefix));
      if (!isInvoked || other.neverLoopsBecause || found.has(other)) continue;
      found.add(other);
      this.wiringsInvokedBy(other, found);
    }
    return found;
  }

  /** The keys in this bucket that the lambda's permissions let it write. They can have wildcards. */
  private keysWrittenBy({ statements }: AnyFunction): string[] {
    const bucketArns = [this.resolve(this.bucket.arn), this.stack.arnOf("s3", this.bucket.bucketInput ?? "")];
    const writable = statements.filter(({ actions }) => actions?.includes("s3:PutObject")).flatMap(({ resources = [] }) => resources);
    return writable.flatMap((resource) => {
      const [bucketArn = "", ...keyParts] = this.resolve(resource).split("/");
      const isInThisBucket = bucketArns.includes(bucketArn) || bucketArn.includes("*");
      return isInThisBucket ? [keyParts.join("/")] : [];
    });
  }

  /** Resolves the tokens in a text. Two tokens of the same attribute can be different texts, so texts are resolved before they are compared. */
  private resolve(text: string): string {
    return Tokenization.resolve(text, { scope: this, resolver: new DefaultTokenResolver(new StringConcat()), preparing: false });
  }

  private closeToPublic(): S3BucketPublicAccessBlock {
    const bucket = this.bucket.id;
    const accessBlock = new S3BucketPublicAccessBlock(this, "public-access-block", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, "ownership", { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } });
    return accessBlock;
  }

  /** Uses keys that S3 manages (SSE-S3). They are free, and a reader of an object needs no permission for them. */
  private encrypt(): void {
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: this.bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  }

  private keepOldVersions(): S3BucketVersioningA {
    const bucket = this.bucket.id;
    const versioning = new S3BucketVersioningA(this, "versioning", { bucket, versioningConfiguration: { status: "Enabled" } });
    const allObjects = { status: "Enabled", filter: [{ prefix: "" }] };
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket,
      rule: [
        { id: "abort-stale-uploads", ...allObjects, abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }] },
        { id: "forget-old-versions", ...allObjects, noncurrentVersionExpiration: [{ noncurrentDays: 90 }] },
      ],
      dependsOn: [versioning],
    });
    return versioning;
  }

  /** @param accessBlock is created before the policy, because S3 rejects two changes of a bucket at the same time */
  private denyRequestsWithoutTls(accessBlock: S3BucketPublicAccessBlock): void {
    const denial = denyRequestsWithoutTls(["s3:*"], [this.bucket.arn, `${this.bucket.arn}/*`]);
    const policy = policyDocument(this, "policy-document", [denial]);
    new S3BucketPolicy(this, "policy", { bucket: this.bucket.id, policy, dependsOn: [accessBlock] });
  }
}

/** Whether one text is a prefix of the other. Only then can a key start with both. */
const startAlike = (one = "", other = "") => one.startsWith(other) || other.startsWith(one);
const reversed = (text = "") => [...text].reverse().join("");
const beforeWildcard = (key: string) => key.split(/[*?]/)[0];
