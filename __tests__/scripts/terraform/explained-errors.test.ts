import { explained } from "../../../scripts/terraform/explained-errors";
import { TerraformError } from "../../../scripts/terraform/terraform";
import { stackOf } from "../../harness/stacks";

const orders = stackOf("orders-int", ["ledger-int", "shared-int"]);
const explain = (summary: string, detail = "") => explained(orders, new TerraformError([{ summary, detail }]));

test("Terraform's own error always comes first", () => {
  expect(explain("something else", "its detail")).toBe("something else\nits detail");
});

test("a missing state bucket names the command that makes it", () => {
  expect(explain('S3 bucket "shop-int-state-111111111111" does not exist.')).toContain("Make it: npm run bootstrap -- int");
});

test("a locked state says who holds the lock, since when and for what", () => {
  const detail =
    "Lock Info:\n  ID:        6f1b\n  Operation: OperationTypeApply\n  Who:       ann@laptop\n  Created:   2026-11-01 09:30:00 +0000 UTC";
  expect(explain("Error acquiring the state lock", detail)).toContain(
    "→ The state of orders-int is locked by ann@laptop since 2026-11-01 09:30:00 +0000 UTC (OperationTypeApply). Wait until that ends",
  );
});

test("a locked workspace of HCP Terraform does not name the caller, whom Terraform prints, as the holder of the lock", () => {
  const detail = 'Error message: workspace already locked (lock ID: "team/shop-orders-int")\nLock Info:\n  Who:       me@laptop';
  const text = explain("Error acquiring the state lock", detail);
  expect(text).toContain("→ The workspace of orders-int is locked. Its page in HCP Terraform shows by whom and since when.");
  expect(text).not.toContain("locked by me@laptop");
});

test("a missing contract names the stack to deploy first, by its present id", () => {
  const renamed = { ...orders, needs: ["books-int", "shared-int"] };
  const error = new TerraformError([{ summary: "reading SSM Parameter (/shop/int/ledger/v1/arn): couldn't find resource", detail: "" }]);
  expect(explained(renamed, error)).toContain("Deploy their owners first: npm run deploy -- books-int");
});

test("a missing permissions boundary of the domain says what to do with a new domain, and with one that was renamed", () => {
  const text = explain("reading SSM Parameter (/shop/int/shared/v1/ordersBoundaryArn): couldn't find resource");
  expect(text).toContain("If the domain is new, deploy it first: npm run deploy -- shared-int");
  expect(text).toContain("If the domain was renamed, do not. Add its former name to stack.ts: docs/renaming.md.");
});

describe("what AWS refuses to a deploy role", () => {
  const refusedTo = (role: string) =>
    explain(
      `User: arn:aws:sts::111111111111:assumed-role/${role}/run is not authorized to perform: sqs:CreateQueue because no policy allows it (aws_sqs_queue.placed)`,
    );

  test("names the role, the action, the table to add it to, and the stack to deploy then", () => {
    const text = refusedTo("shop-int-orders-apply");
    expect(text).toContain(
      "The deploy role shop-int-orders-apply lacks sqs:CreateQueue. Add it to the row of aws_sqs_queue in shared/foundation/roles/permissions.ts.",
    );
    expect(text).toContain("The stack shared-int has the role.");
  });

  test("is not explained for another role, such as that of a person", () => {
    expect(refusedTo("administrator")).not.toContain("→");
  });
});

test("a missing permissions boundary of deploy roles says which command makes it", () => {
  const policy = "arn:aws:iam::111111111111:policy/shop-access-int-deploy-boundary";
  expect(explain(`creating IAM Role: NoSuchEntity: Scope ARN: ${policy} does not exist or is not attachable.`)).toContain(
    "An administrator makes it: npm run bootstrap -- int",
  );
});
