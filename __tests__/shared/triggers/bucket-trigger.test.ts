import type { DomainStack } from "../../../shared/domain-stack";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { BucketTrigger, type BucketWiring } from "../../../shared/triggers/bucket-trigger";
import { ThingDone } from "../../harness/definitions";
import { referred, resource, resources, statements, synthDomain } from "../../harness/synth";

/** A bucket, and a lambda for each wiring. @param more what the stack holds beside it */
function bucket(
  wirings: BucketWiring[] = [{}],
  more = (_: { documents: BucketTrigger; lambdas: NodejsFunction[]; stack: DomainStack }) => {},
) {
  return synthDomain((stack) => {
    const documents = new BucketTrigger(stack, "documents", { event: ThingDone });
    const lambdas = wirings.map((wiring, index) => {
      const lambda = new NodejsFunction(stack, `work-${index}`);
      documents.invokes(lambda, wiring);
      return lambda;
    });
    more({ documents, lambdas, stack });
  });
}

describe("a bucket with no option set", () => {
  const { json, findings, stack } = bucket();

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("has a name that no other account's bucket has", () => {
    expect(resource(json, "aws_s3_bucket").bucket).toBe("shop-sample-int-documents-111111111111");
  });

  test("is closed to the public by every switch there is", () => {
    expect(resource(json, "aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(resource(json, "aws_s3_bucket_ownership_controls").rule.object_ownership).toBe("BucketOwnerEnforced");
  });

  test("is encrypted, keeps old versions for a time, and drops uploads that nobody finished", () => {
    const [rule] = resource(json, "aws_s3_bucket_server_side_encryption_configuration").rule;
    expect(rule.apply_server_side_encryption_by_default.sse_algorithm).toBe("AES256");
    expect(resource(json, "aws_s3_bucket_versioning").versioning_configuration.status).toBe("Enabled");
    const rules = resource(json, "aws_s3_bucket_lifecycle_configuration").rule;
    expect(rules).toContainEqual(expect.objectContaining({ abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }] }));
    expect(rules).toContainEqual(expect.objectContaining({ noncurrent_version_expiration: [{ noncurrent_days: 90 }] }));
  });

  test("takes TLS only, for itself and all that is in it", () => {
    const [deny] = statements(json, resource(json, "aws_s3_bucket_policy").policy);
    expect(deny).toMatchObject({ effect: "Deny", actions: ["s3:*"], condition: [expect.objectContaining({ values: ["false"] })] });
    expect(deny.resources).toHaveLength(2);
  });

  test("invokes the lambda's alias, for objects of this bucket in this account only, once it may", () => {
    const notification = resource(json, "aws_s3_bucket_notification");
    expect(referred(json, notification.lambda_function[0].lambda_function_arn).name).toBe("current");
    expect(resource(json, "aws_lambda_permission")).toMatchObject({ principal: "s3.amazonaws.com", source_account: "111111111111" });
    const waitsFor = notification.depends_on.map((address: string) => /^[a-z_0-9]+/.exec(address)?.[0]);
    expect(waitsFor).toEqual(["aws_s3_bucket_versioning", "aws_lambda_permission", "aws_iam_role_policy"]);
  });

  test("has a place for what the lambda could not handle, and tells of it", () => {
    expect(resource(json, "aws_lambda_function_event_invoke_config").destination_config.on_failure).toBeDefined();
    expect(stack.describe().triggers).toMatchObject([
      {
        kind: "bucket",
        lambdas: ["work-0"],
        deadLetterQueues: [{ name: resource(json, "aws_sqs_queue").name, holds: "invocations", lambda: "work-0" }],
        event: "thing-done.v1",
        sample: ThingDone.example,
      },
    ]);
  });
});

test("a lambda may read what it is told of, and no more", () => {
  const { json } = bucket([{ prefix: "in/" }]);
  expect(statements(json, resource(json, "aws_iam_role_policy").policy)).toContainEqual({
    actions: ["s3:GetObject", "s3:GetObjectVersion"],
    resources: [expect.stringMatching(/\/in\/\*$/)],
  });
});

test("all wirings are one notification, each with its prefix and suffix", () => {
  const { json, findings } = bucket([{ prefix: "a/" }, { prefix: "b/", suffix: ".json" }]);
  expect(findings).toEqual([]);
  expect(resource(json, "aws_s3_bucket_notification").lambda_function).toMatchObject([
    { filter_prefix: "a/" },
    { filter_prefix: "b/", filter_suffix: ".json" },
  ]);
  expect(resources(json, "aws_lambda_permission")).toHaveLength(2);
});

test.each<[BucketWiring, BucketWiring]>([
  [{}, { prefix: "a/" }],
  [{ prefix: "a/" }, { prefix: "a/b/" }],
  [{ suffix: ".json" }, { suffix: "orders.json" }],
  [{ prefix: "a/" }, { suffix: ".json" }],
])("%j beside %j is refused, for one object could fit both", (one, other) => {
  expect(bucket([one, other]).findings).toEqual([expect.stringContaining("one object could set both work-0 and work-1 going")]);
});

describe("a lambda that writes into the bucket that sets it going", () => {
  const writes = (prefix: string | undefined, key: string, why?: string) =>
    bucket([{ prefix, neverLoopsBecause: why }], ({ documents, lambdas }) => {
      lambdas[0]?.allow(["s3:PutObject"], `${documents.bucket.arn}/${key}`);
    }).findings;

  test.each([
    [undefined, "out/*"],
    ["in/", "*"],
    ["in/", "in/*"],
    ["in/", "in/done/*"],
    ["in/a/", "in/*"],
  ])("is refused when it listens to %s and may write %s, also if it is allowed to after it is wired", (prefix, key) => {
    expect(writes(prefix, key)).toEqual([expect.stringMatching(/would set itself going for ever; .*neverLoopsBecause/)]);
  });

  test.each([
    ["by the bucket's name", "arn:aws:s3:::shop-sample-int-documents-111111111111/in/*"],
    ["in any bucket", "arn:aws:s3:::*/in/*"],
    ["with a key of any letter", "arn:aws:s3:::shop-sample-int-documents-111111111111/in/?.txt"],
  ])("is refused when the bucket is given %s", (_, arn) => {
    const { findings } = bucket([{ prefix: "in/" }], ({ lambdas }) => void lambdas[0]?.allow(["s3:PutObject"], arn));
    expect(findings).toContainEqual(expect.stringContaining("would set itself going for ever"));
  });

  test("is refused when another lambda's writes bring it round", () => {
    const { findings } = bucket([{ prefix: "in/" }, { prefix: "out/" }], ({ documents, lambdas }) => {
      lambdas[0]?.allow(["s3:PutObject"], `${documents.bucket.arn}/out/*`);
      lambdas[1]?.allow(["s3:PutObject"], `${documents.bucket.arn}/in/*`);
    });
    expect(findings).toEqual([expect.stringContaining("work-0 may write out/*"), expect.stringContaining("work-1 may write in/*")]);
  });

  test("is taken when it writes elsewhere", () => {
    expect(writes("in/", "out/*")).toEqual([]);
  });

  test("is taken when its author says why it cannot loop", () => {
    expect(writes("in/", "in/*", "it writes .txt only, and passes these over")).toEqual([]);
  });
});

test("where data is protected, neither Terraform nor its neighbours let it go", () => {
  const { json } = synthDomain(
    (stack) => void new BucketTrigger(stack, "documents", { event: ThingDone }).invokes(new NodejsFunction(stack, "work")),
    { protectData: true },
  );
  expect(resource(json, "aws_s3_bucket").lifecycle).toEqual({ prevent_destroy: true });
});

test("a name that S3 does not take is refused", () => {
  const { findings } = synthDomain((stack) => {
    new BucketTrigger(stack, "d".repeat(50), { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
  });
  expect(findings).toContainEqual(expect.stringMatching(/the S3 bucket name ".*" has 79 characters, and AWS allows 63/));
});
