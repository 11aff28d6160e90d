import type { Summary } from "../../../scripts/delivery/summary";
import { describeSummary } from "../../../scripts/delivery/summary-text";
import type { Plan } from "../../../scripts/terraform/plan";
import { plannedChange, planWith } from "../../harness/plans";

const danger = { name: "aws_dynamodb_table.kept", kind: "data", text: "destroys the table and its data" } as const;
const summaryOf = (plans: Record<string, Plan>, others: Partial<Summary> = {}): Summary => ({
  planned: Object.entries(plans).map(([stack, plan]) => ({ stack, reasons: [], plan })),
  later: [],
  current: [],
  agreements: [],
  ...others,
});
const textOf = (summary: Summary, longest?: number) => describeSummary(summary, "npm run apply -- ", longest);

test("the totals come first, and count all stacks and changes", () => {
  const changes = [
    plannedChange("update"),
    plannedChange("create"),
    plannedChange("replace"),
    plannedChange("destroy"),
    plannedChange("forget"),
  ];
  const text = textOf(summaryOf({ "orders-int": planWith(changes), "ledger-int": planWith([]) }, { current: ["checkout-int"] }));
  expect(text.split("\n")[0]).toBe("1 of 3 stacks change; 1 to change, 1 to add, 1 to replace, 1 to destroy, 1 to forget; 0 dangerous");
});

test("what is dangerous comes before everything else, with the command that accepts it", () => {
  const text = textOf(
    summaryOf({
      "orders-int": planWith([plannedChange("update")]),
      "ledger-int": planWith([plannedChange("destroy")], { dangers: [danger] }),
    }),
  );
  expect(text.split("\n").slice(1, 6)).toEqual([
    "",
    "DANGEROUS",
    "ledger-int",
    "  aws_dynamodb_table.kept   destroys the table and its data",
    "  acknowledge with: npm run apply -- ledger-int --accept aws_dynamodb_table.kept",
  ]);
});

test("each change has its reason, and attributes that AWS computes again are left out", () => {
  const update = plannedChange("update", {
    address: "aws_lambda_function.work",
    attributes: ["last_modified", "memory_size", "source_code_hash", "version"],
    values: { memory_size: "128 → 256" },
  });
  const alias = plannedChange("update", { address: "aws_lambda_alias.work", attributes: ["function_version"] });
  const queue = plannedChange("update", { address: "aws_sqs_queue.placed", attributes: ["delay_seconds"] });
  const reasons = [
    { code: "bundle", detail: "work's bundle changes (domains/orders/lambdas/work.ts)" },
    { code: "resource-changed", detail: "aws_sqs_queue.placed: delay_seconds (0 → 5)" },
  ] as const;
  const text = textOf({
    ...summaryOf({}),
    planned: [{ stack: "orders-int", reasons: [...reasons], plan: planWith([update, alias, queue]) }],
  });
  expect(text.split("\n").slice(2)).toEqual([
    "orders-int   3 to change, 0 to add, 0 to replace, 0 to destroy   because work's bundle changes (domains/orders/lambdas/work.ts)",
    "  ~ aws_lambda_function.work   memory_size (128 → 256), code   ← new code",
    "  ~ aws_lambda_alias.work   function_version   ← follows",
    "  ~ aws_sqs_queue.placed   delay_seconds   ← its definition",
  ]);
});

test("a stack that does not change takes one line, also if it was not planned because it runs as it is", () => {
  const text = textOf(summaryOf({ "ledger-int": planWith([]) }, { current: ["checkout-int"] }));
  expect(text.split("\n").slice(1)).toEqual(["ledger-int   nothing to change", "checkout-int   nothing to change"]);
});

test("a stack that waits for contracts says for whose", () => {
  const later = [{ stack: "orders-int", after: ["ledger-int"], reasons: [] }];
  expect(textOf(summaryOf({}, { later }))).toContain("orders-int   planned after ledger-int");
});

test("a summary that is too long is cut from the end: totals and dangers survive, and it says how many stacks are not shown", () => {
  const many = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`d${index}-int`, planWith(Array.from({ length: 20 }, () => plannedChange("update")))]),
  );
  const last = planWith([plannedChange("destroy")], { dangers: [danger] });
  const text = textOf(summaryOf({ ...many, "ledger-int": last }), 5000);
  expect(text.length).toBeLessThan(5300);
  expect(text).toMatch(/^201 of 201 stacks change; 4000 to change, .* 1 to destroy; 1 dangerous\n\nDANGEROUS\nledger-int\n/);
  expect(text).toMatch(/\d+ more stacks are not shown/);
  const onlyDangers = summaryOf({
    "ledger-int": planWith([plannedChange("destroy")], { dangers: Array.from({ length: 90 }, () => danger) }),
  });
  expect(textOf(onlyDangers, 1000).match(/destroys the table/g)).toHaveLength(90);
});
