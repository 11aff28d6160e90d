import { checkedName, type NamedKind } from "../../../shared/stack/names";
import { findingsOf } from "../../harness/synth";

const INT = "111111111111";
const LIVE = "222222222222";

// The limits of AWS's API references, told a second time.
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
  ["log group", 512],
  ["CloudWatch alarm", 255],
  ["CloudWatch dashboard", 255],
  ["HCP Terraform workspace", 90],
])("the name of a %s may have %d characters, and one more is refused", (kind, longest) => {
  expect(findingsOf((app) => checkedName(app, kind, INT, "a".repeat(longest)))).toEqual([]);
  expect(findingsOf((app) => checkedName(app, kind, INT, "a".repeat(longest + 1)))).toEqual([
    expect.stringContaining(`has ${longest + 1} characters, and AWS allows ${longest}; shorten`),
  ]);
});

test("a name that is too long is never cut, for two cut names may be one", () => {
  findingsOf((app) => {
    const name = "a".repeat(100);
    expect(checkedName(app, "SQS queue", INT, name)).toBe(name);
  });
});

test("the fix says by how much to shorten a name", () => {
  expect(findingsOf((app) => checkedName(app, "SQS queue", INT, "a".repeat(87)))[0]).toContain("by 7");
});

test("two resources of one kind and account cannot have one name", () => {
  const findings = findingsOf((app) => {
    checkedName(app, "SQS queue", INT, "shop-orders-int-placed");
    checkedName(app, "SQS queue", INT, "shop-orders-int-placed");
  });
  expect(findings).toEqual([expect.stringContaining('the SQS queue name "shop-orders-int-placed" is already that of')]);
});

test("one name may stand in two accounts, and for two kinds", () => {
  const findings = findingsOf((app) => {
    checkedName(app, "SQS queue", INT, "shop");
    checkedName(app, "SQS queue", LIVE, "shop");
    checkedName(app, "IAM role", INT, "shop");
  });
  expect(findings).toEqual([]);
});
