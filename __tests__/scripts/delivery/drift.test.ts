import { driftOf, ignoredAttributes } from "../../../scripts/delivery/drift";
import type { ResourceChange } from "../../../scripts/terraform/plan";
import { temporaryFolder } from "../../harness/temporary-folder";

const QUEUE = { name: "placed", delay_seconds: 0, policy: '{"a":[1,2]}', lifecycle: { ignore_changes: ["tags"] } };
const stack = { folder: temporaryFolder({ "cdk.tf.json": JSON.stringify({ resource: { aws_sqs_queue: { placed: QUEUE } } }) }) };
const MARKS = { after_unknown: {}, before_sensitive: {}, after_sensitive: {} };

/** The drift of the queue. */
function drift(before: ResourceChange["change"]["before"], after: ResourceChange["change"]["after"], address = "aws_sqs_queue.placed") {
  const change = { actions: ["update"], before, after, ...MARKS };
  return driftOf(stack, [{ address, mode: "managed", type: "aws_sqs_queue", change }]);
}

test("an attribute that the stack sets is named with both values", () => {
  expect(drift({ delay_seconds: 0, arn: "a" }, { delay_seconds: 30, arn: "b" })).toEqual([
    { address: "aws_sqs_queue.placed", isDeleted: false, attributes: ["delay_seconds (0 → 30)"] },
  ]);
});

test("a resource that is gone is named", () => {
  expect(drift({ name: "placed" }, null)).toMatchObject([{ isDeleted: true }]);
});

test("tags of the provider are named, by which deploy roles know their own resources", () => {
  expect(drift({ tags_all: { domain: "orders" } }, { tags_all: {} })).toMatchObject([{ attributes: ["tags_all"] }]);
});

test.each<[string, object, object]>([
  ["what a service computes", { arn: "a" }, { arn: "b" }],
  ["an empty list in the place of nothing", { delay_seconds: null }, { delay_seconds: [] }],
  ["an empty value inside of a value", { policy: { a: 1, b: "" } }, { policy: { a: 1, b: null, c: [] } }],
  ["the order of the keys in a text that is JSON", { policy: '{"a":1,"b":2}' }, { policy: '{"b":2,"a":1}' }],
])("%s is not drift", (_, before, after) => {
  expect(drift(before as Record<string, unknown>, after as Record<string, unknown>)).toEqual([]);
});

test.each<[string, unknown, unknown]>([
  ["false in the place of true", true, false],
  ["a number in the place of zero", 0, 5],
  ["another item of a list", [{ days: 7 }], [{ days: 8 }]],
  ["another meaning of a text that is JSON", '{"a":[1,2]}', '{"a":[2,1]}'],
])("%s is drift", (_, before, after) => {
  expect(drift({ policy: before }, { policy: after })).toHaveLength(1);
});

test("of a resource that only the deployed stack has, every attribute counts", () => {
  expect(drift({ arn: "a" }, { arn: "b" }, "aws_sqs_queue.other")).toHaveLength(1);
});

test("a data source that reads something new is not drift", () => {
  const change = { actions: ["read"], before: { id: "a" }, after: { id: "b" }, ...MARKS };
  expect(driftOf(stack, [{ address: "data.aws_ssm_parameter.x", mode: "data", type: "aws_ssm_parameter", change }])).toEqual([]);
});

test("the attributes that Terraform is told to ignore are named", () => {
  expect(ignoredAttributes(stack)).toEqual(["aws_sqs_queue.placed: tags"]);
});
