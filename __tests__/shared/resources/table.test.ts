import { IdempotencyTable } from "../../../shared/lambda/idempotency-table";
import { Table } from "../../../shared/resources/table";
import { resource, synthDomain } from "../../harness/synth";

const table = (protectData: boolean) => {
  const { json } = synthDomain((stack) => void new Table(stack, "totals", { partitionKey: "day", sortKey: "hour" }), { protectData });
  return resource(json, "aws_dynamodb_table");
};

test("a table has on-demand capacity, point-in-time recovery and the keys from its options", () => {
  expect(table(false)).toMatchObject({
    billing_mode: "PAY_PER_REQUEST",
    point_in_time_recovery: { enabled: true },
    hash_key: "day",
    range_key: "hour",
    attribute: [
      { name: "day", type: "S" },
      { name: "hour", type: "S" },
    ],
  });
});

test("a table is protected against deletion only if the environment protects data", () => {
  expect(table(true)).toMatchObject({ deletion_protection_enabled: true, lifecycle: { prevent_destroy: true } });
  expect(table(false).deletion_protection_enabled).toBe(false);
  expect(table(false)).not.toHaveProperty("lifecycle");
});

test("an idempotency table is never protected against deletion, because it holds no business data", () => {
  const { json } = synthDomain((stack) => void IdempotencyTable.of(stack), { protectData: true });
  expect(resource(json, "aws_dynamodb_table").deletion_protection_enabled).toBe(false);
  expect(resource(json, "aws_dynamodb_table")).not.toHaveProperty("lifecycle");
});
