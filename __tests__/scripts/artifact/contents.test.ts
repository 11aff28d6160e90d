import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentsOf, fingerprint } from "../../../scripts/artifact/contents";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

describe("the fingerprint of a stack", () => {
  const original = { "cdk.tf.json": "{}", "domain.json": "{}", ".terraform.lock.hcl": "lock", "lambdas/work.zip": "zip" };
  const stackIn = (files: Record<string, string>) => stackOf("orders-int", [], { folder: temporaryFolder(files) });
  const before = fingerprint(stackIn(original));

  test.each([
    ["cdk.tf.json", '{"resource":{}}'],
    [".terraform.lock.hcl", "other"],
    ["lambdas/work.zip", "other"],
  ])("changes with %s", (file, text) => {
    expect(fingerprint(stackIn({ ...original, [file]: text }))).not.toBe(before);
  });

  test("does not change when the state moves, or with what CDKTF notes about itself", () => {
    const json = (terraform: object) =>
      JSON.stringify({ "//": { metadata: terraform }, resource: {}, terraform: { required_version: "1", ...terraform } });
    const states = [{ backend: { local: {} } }, { backend: { s3: { bucket: "b" } } }, { cloud: { organization: "o" } }, {}];
    const fingerprints = states.map((state) => fingerprint(stackIn({ ...original, "cdk.tf.json": json(state) })));
    expect(new Set(fingerprints).size).toBe(1);
    expect(fingerprint(stackIn({ ...original, "cdk.tf.json": json({ required_version: "2" }) }))).not.toBe(fingerprints[0]);
  });

  test("does not change with the paths of constructs, which CDKTF notes at each resource", () => {
    const json = (path: string) =>
      JSON.stringify({ resource: { aws_sqs_queue: { placed: { name: "placed", "//": { metadata: { path } } } } } });
    const [one, other] = ["orders-int/placed", "purchases-int/placed"].map((path) =>
      fingerprint(stackIn({ ...original, "cdk.tf.json": json(path) })),
    );
    expect(one).toBe(other);
  });

  test("changes when a zip is added, removed or renamed", () => {
    const stack = stackIn(original);
    writeFiles(stack.folder, { "lambdas/more.zip": "zip" });
    expect(fingerprint(stack)).not.toBe(before);
    rmSync(join(stack.folder, "lambdas/work.zip"));
    expect(fingerprint(stack)).not.toBe(before);
  });

  test("is the same in every folder, and for every domain.json", () => {
    const stack = stackIn(original);
    writeFileSync(join(stack.folder, "domain.json"), '{"other":"text"}');
    expect(fingerprint(stack)).toBe(before);
  });

  test("is the same after cdktf has run Terraform in the stack's folder", () => {
    expect(fingerprint(stackIn({ ...original, ".terraform/providers/aws": "700 MB" }))).toBe(before);
  });
});

describe("the contents of a stack", () => {
  const LAMBDA = { function_name: "work", source_code_hash: "code", memory_size: 256 };
  const json = (changes: object = {}) =>
    JSON.stringify({
      resource: { aws_sqs_queue: { placed: { name: "placed" } }, aws_lambda_function: { work: { ...LAMBDA, ...changes } } },
      data: { aws_ssm_parameter: { table: { name: "/table" } } },
      output: { url: { value: "1" } },
      provider: { aws: [{ region: "eu-west-1" }] },
      terraform: { backend: { local: {} } },
    });
  const contents = (text: string, zip = "zip") =>
    contentsOf(
      stackOf("orders-int", [], { folder: temporaryFolder({ "cdk.tf.json": text, "lambdas/work.zip": zip, "domain.json": "{}" }) }),
    );

  test("have a hash for each resource, data source and output, and for every other block", () => {
    const addresses = [
      "aws_sqs_queue.placed",
      "aws_lambda_function.work",
      "data.aws_ssm_parameter.table",
      "output.url",
      "provider.aws",
      "terraform",
    ];
    expect(Object.keys(contents(json()).blocks).sort()).toEqual(addresses.sort());
    expect(contents(json()).lock).toBeUndefined();
  });

  test("of a lambda tell its code from its settings", () => {
    const before = contents(json());
    const code = contents(json({ source_code_hash: "new code" }), "new zip");
    expect(code.blocks).toEqual(before.blocks);
    expect(code.zips).not.toEqual(before.zips);
    const settings = contents(json({ memory_size: 512 }));
    expect(settings.zips).toEqual(before.zips);
    expect(settings.blocks["aws_lambda_function.work"]).not.toBe(before.blocks["aws_lambda_function.work"]);
  });
});
