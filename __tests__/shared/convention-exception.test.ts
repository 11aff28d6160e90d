import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { allowException } from "../../shared/convention-exception";
import type { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import type { ExceptionDescription } from "../../shared/stack-description";
import { synthDomain } from "../harness/synth";

const because = "The auditors need it for ten years.";

/** The addresses of everything in the JSON that Terraform reads, as an exception names them. */
function addressesIn(json: ReturnType<typeof synthDomain>["json"]): string[] {
  const addresses = (blocks: object, prefix: string) =>
    Object.entries(blocks).flatMap(([type, byId]) => Object.keys(byId).map((id) => `${prefix}${type}.${id}`));
  return [...addresses(json.resource ?? {}, ""), ...addresses(json.data ?? {}, "data.")];
}

function exceptionsIn(define: (stack: DomainStack) => void): ExceptionDescription[] {
  const { stack } = synthDomain(define);
  return stack.describe().exceptions ?? [];
}

test("a stack without exceptions describes none", () => {
  const { stack } = synthDomain((stack) => new NodejsFunction(stack, "work"));
  expect(stack.describe()).not.toHaveProperty("exceptions");
});

test("an exception is described with the convention, the construct's path, the resource's address and the reason", () => {
  const exceptions = exceptionsIn((stack) => {
    const { logGroup } = new NodejsFunction(stack, "work");
    allowException(logGroup, { convention: "log-retention", because });
  });
  const address = expect.stringMatching(/^aws_cloudwatch_log_group\.work_log-group_[0-9A-F]{8}$/);
  expect(exceptions).toEqual([{ convention: "log-retention", construct: "work/log-group", resources: [address], because }]);
});

test("an exception for a construct covers all its resources and data sources, by their addresses in Terraform's JSON", () => {
  const { json, stack } = synthDomain((stack) => {
    allowException(new NodejsFunction(stack, "work"), { convention: "log-retention", because });
  });
  const [exception] = stack.describe().exceptions ?? [];
  const expected = addressesIn(json).filter((address) => address.includes(".work_"));
  expect(expected).toContainEqual(expect.stringMatching(/^data\.aws_iam_policy_document\./));
  expect(exception?.resources.toSorted()).toEqual(expected.toSorted());
});

test("an exception covers resources that are added after it", () => {
  const [exception] = exceptionsIn((stack) => {
    const work = new NodejsFunction(stack, "work");
    allowException(work, { convention: "log-retention", because });
    new CloudwatchLogGroup(work, "audit", { name: stack.nameFor(work, "VPC flow log group") });
  });
  expect(exception?.resources).toContainEqual(expect.stringMatching(/^aws_cloudwatch_log_group\.work_audit_/));
});

test("an exception for the whole stack covers every resource", () => {
  const { json, stack } = synthDomain((stack) => {
    new NodejsFunction(stack, "work");
    allowException(stack, { convention: "log-retention", because });
  });
  const [exception] = stack.describe().exceptions ?? [];
  expect(exception?.construct).toBe("");
  expect(exception?.resources.toSorted()).toEqual(addressesIn(json).toSorted());
});

test.each(["", "  ", "audit", "          "])("an exception with the reason %j is rejected", (reason) => {
  const { findings } = synthDomain((stack) => {
    allowException(new NodejsFunction(stack, "work").logGroup, { convention: "log-retention", because: reason });
  });
  expect(findings).toEqual([
    `sample-int/work/log-group: the reason for the exception to "log-retention" is "${reason}", but a reason has at least 10 characters. Write why the exception is needed.`,
  ]);
});

test("an exception with a reason produces no findings", () => {
  const { findings } = synthDomain((stack) => {
    allowException(new NodejsFunction(stack, "work").logGroup, { convention: "log-retention", because });
  });
  expect(findings).toEqual([]);
});
