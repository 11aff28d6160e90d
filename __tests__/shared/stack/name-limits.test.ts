import { checkedName, type NamedKind } from "../../../shared/stack/name-limits";
import { findingsOf } from "../../harness/synth";

const INT = "111111111111";
const LIVE = "222222222222";

// The limits in AWS's API references, written a second time.
test.each<[NamedKind, number]>([
  ["Lambda function", 64],
  ["IAM role", 64],
  ["IAM policy", 128],
  ["SQS queue", 80],
  ["FIFO queue", 80],
  ["SNS topic", 256],
  ["DynamoDB table", 255],
  ["EventBridge bus", 256],
  ["KMS alias", 256],
  ["host", 253],
  ["VPC flow log group", 512],
  ["CloudWatch alarm", 255],
  ["CloudWatch dashboard", 255],
  ["HCP Terraform workspace", 90],
])("the name of a %s can have %d characters, and one more is rejected", (kind, longest) => {
  expect(findingsOf((app) => checkedName(app, { kind, name: "a".repeat(longest), account: INT }))).toEqual([]);
  expect(findingsOf((app) => checkedName(app, { kind, name: "a".repeat(longest + 1), account: INT }))).toEqual([
    expect.stringContaining(`has ${longest + 1} characters, and AWS allows ${longest}. Shorten`),
  ]);
});

test("a name that is too long is not shortened, because two shortened names can be equal", () => {
  findingsOf((app) => {
    const name = "a".repeat(100);
    expect(checkedName(app, { kind: "SQS queue", name, account: INT })).toBe(name);
  });
});

test("the finding says by how much to shorten a name", () => {
  expect(findingsOf((app) => checkedName(app, { kind: "SQS queue", name: "a".repeat(87), account: INT }))[0]).toContain("by 7.");
});

test("two resources of the same kind in the same account cannot have the same name", () => {
  const findings = findingsOf((app) => {
    checkedName(app, { kind: "SQS queue", name: "shop-orders-int-placed", account: INT });
    checkedName(app, { kind: "SQS queue", name: "shop-orders-int-placed", account: INT });
  });
  expect(findings).toEqual([expect.stringContaining('the SQS queue name "shop-orders-int-placed" is already used by')]);
});

test("two accounts, or two kinds, can have the same name", () => {
  const findings = findingsOf((app) => {
    checkedName(app, { kind: "SQS queue", name: "shop", account: INT });
    checkedName(app, { kind: "SQS queue", name: "shop", account: LIVE });
    checkedName(app, { kind: "IAM role", name: "shop", account: INT });
  });
  expect(findings).toEqual([]);
});

test("a name without an account must be unique in the whole app", () => {
  const findings = findingsOf((app) => {
    checkedName(app, { kind: "host", name: "api.example.com" });
    checkedName(app, { kind: "host", name: "api.example.com" });
  });
  expect(findings).toEqual([expect.stringContaining('the host name "api.example.com" is already used by')]);
});
