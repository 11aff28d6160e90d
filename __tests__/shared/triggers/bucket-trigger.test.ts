import type { DomainStack } from "../../../shared/domain-stack";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { BucketTrigger, type BucketWiring } from "../../../shared/triggers/bucket-trigger";
import { ThingDone } from "../../harness/definitions";
import { referred, resource, resources, statements, synthDomain } from "../../harness/synth";

/**
 * A bucket with a lambda for each wiring.
 * @param addMore adds more to the stack
 */
function bucket(
  wirings: BucketWiring[] = [{}],
  addMore = (_: { documents: BucketTrigger; lambdas: NodejsFunction[]; stack: DomainStack }) => {},
) {
  return synthDomain((stack) => {
    const documents = new BucketTrigger(stack, "documents", { event: ThingDone });
    const lambdas = wirings.map((wiring, index) => {
      const lambda = new NodejsFunction(stack, `work-${index}`);
      documents.invokes(lambda, wiring);
      return lambda;
    });
    addMore({ documents, lambdas, stack });
  });
}

describe("a bucket with no option set", () => {
  const { json, findings, stack } = bucket();

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("has a name with the account's id, because bucket names are unique in the world", () => {
    expect(resource(json, "aws_s3_bucket").bucket).toBe("shop-sample-int-documents-111111111111");
  });

  test("blocks public access with every setting that S3 has", () => {
    expect(resource(json, "aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(resource(json, "aws_s3_bucket_ownership_controls").rule.object_ownership).toBe("BucketOwnerEnforced");
  });

  test("is encrypted, keeps old versions for 90 days, and deletes incomplete uploads after 7 days", () => {
    const [rule] = resource(json, "aws_s3_bucket_server_side_encryption_configuration").rule;
    expect(rule.apply_server_side_encryption_by_default.sse_algorithm).toBe("AES256");
    expect(resource(json, "aws_s3_bucket_versioning").versioning_configuration.status).toBe("Enabled");
    const rules = resource(json, "aws_s3_bucket_lifecycle_configuration").rule;
    expect(rules).toContainEqual(expect.objectContaining({ abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }] }));
    expect(rules).toContainEqual(expect.objectContaining({ noncurrent_version_expiration: [{ noncurrent_days: 90 }] }));
  });

  test("denies requests without TLS, for the bucket and its objects", () => {
    const [deny] = statements(json, resource(json, "aws_s3_bucket_policy").policy);
    expect(deny).toMatchObject({ effect: "Deny", actions: ["s3:*"], condition: [expect.objectContaining({ values: ["false"] })] });
    expect(deny.resources).toHaveLength(2);
  });

  test("invokes the lambda's alias after the permission exists, and only for this bucket and account", () => {
    const notification = resource(json, "aws_s3_bucket_notification");
    expect(referred(json, notification.lambda_function[0].lambda_function_arn).name).toBe("current");
    expect(resource(json, "aws_lambda_permission")).toMatchObject({ principal: "s3.amazonaws.com", source_account: "111111111111" });
    const waitsFor = notification.depends_on.map((address: string) => /^[a-z_0-9]+/.exec(address)?.[0]);
    expect(waitsFor).toEqual(["aws_s3_bucket_versioning", "aws_lambda_permission", "aws_iam_role_policy"]);
  });

  test("has an on-failure destination, which domain.json lists", () => {
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

test("a lambda can read only the objects with its prefix", () => {
  const { json } = bucket([{ prefix: "in/" }]);
  expect(statements(json, resource(json, "aws_iam_role_policy").policy)).toContainEqual({
    actions: ["s3:GetObject", "s3:GetObjectVersion"],
    resources: [expect.stringMatching(/\/in\/\*$/)],
  });
});

test("all lambdas share one notification, each with its own prefix and suffix", () => {
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
])("the filters %j and %j are refused, because the same object can match both", (one, other) => {
  expect(bucket([one, other]).findings).toEqual([
    expect.stringContaining(
      "sample-int/documents: the same object can match the filters of work-0 and work-1, which S3 rejects. Give them",
    ),
  ]);
});

test.each<[BucketWiring, BucketWiring]>([
  [{ suffix: ".json" }, { suffix: ".txt" }],
  [
    { prefix: "a/", suffix: ".json" },
    { prefix: "a/", suffix: ".txt" },
  ],
  [{ prefix: "a/" }, { prefix: "b/" }],
])("the filters %j and %j are accepted, because no object can match both", (one, other) => {
  expect(bucket([one, other]).findings).toEqual([]);
});

describe("a lambda that writes into the bucket that invokes it", () => {
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
  ])("is refused if it is invoked by the prefix %s and can write %s, even if the permission comes after the wiring", (prefix, key) => {
    expect(writes(prefix, key)).toEqual([expect.stringMatching(/work-0 can write .* in an endless loop\. .*neverLoopsBecause/)]);
  });

  test.each([
    ["with the bucket's name", "arn:aws:s3:::shop-sample-int-documents-111111111111/in/*"],
    ["with a wildcard for the bucket", "arn:aws:s3:::*/in/*"],
    ["with a wildcard in the key", "arn:aws:s3:::shop-sample-int-documents-111111111111/in/?.txt"],
  ])("is refused if the permission has an ARN %s", (_, arn) => {
    const { findings } = bucket([{ prefix: "in/" }], ({ lambdas }) => void lambdas[0]?.allow(["s3:PutObject"], arn));
    expect(findings).toContainEqual(expect.stringContaining("in an endless loop"));
  });

  test("is refused if the loop goes through another lambda", () => {
    const { findings } = bucket([{ prefix: "in/" }, { prefix: "out/" }], ({ documents, lambdas }) => {
      lambdas[0]?.allow(["s3:PutObject"], `${documents.bucket.arn}/out/*`);
      lambdas[1]?.allow(["s3:PutObject"], `${documents.bucket.arn}/in/*`);
    });
    expect(findings).toEqual([expect.stringContaining("work-0 can write out/*"), expect.stringContaining("work-1 can write in/*")]);
  });

  test("is accepted if the author of the other lambda in the loop explains why that one does not loop", () => {
    const wirings = [{ prefix: "in/" }, { prefix: "out/", neverLoopsBecause: "it writes only what has changed" }];
    const { findings } = bucket(wirings, ({ documents, lambdas }) => {
      lambdas[0]?.allow(["s3:PutObject"], `${documents.bucket.arn}/out/*`);
      lambdas[1]?.allow(["s3:PutObject"], `${documents.bucket.arn}/in/*`);
    });
    expect(findings).toEqual([]);
  });

  test("is accepted if it writes under another prefix", () => {
    expect(writes("in/", "out/*")).toEqual([]);
  });

  test("is accepted if its author explains why it does not loop", () => {
    expect(writes("in/", "in/*", "it writes .txt only, and it ignores such objects")).toEqual([]);
  });
});

test("Terraform does not destroy a bucket if the environment protects data", () => {
  const { json } = synthDomain(
    (stack) => void new BucketTrigger(stack, "documents", { event: ThingDone }).invokes(new NodejsFunction(stack, "work")),
    { protectData: true },
  );
  expect(resource(json, "aws_s3_bucket").lifecycle).toEqual({ prevent_destroy: true });
});

test("a name that is too long for S3 is refused", () => {
  const { findings } = synthDomain((stack) => {
    new BucketTrigger(stack, "d".repeat(50), { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
  });
  expect(findings).toContainEqual(expect.stringMatching(/the S3 bucket name ".*" has 79 characters, and AWS allows 63/));
});
