import { IdempotencyTable } from "../../../shared/lambda/idempotency-table";
import { Table } from "../../../shared/resources/table";
import { resource, synthDomain } from "../../harness/synth";

const table = (protectData: boolean) => {
  const { json } = synthDomain((stack) => void new Table(stack, "totals", { partitionKey: "day", sortKey: "hour" }), { protectData });
  return resource(json, "aws_dynamodb_table");
};

test("a table costs by use only, can be restored, and has its keys", () => {
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

test("a table without a stream, too, stays where the environment protects data, and only there", () => {
  expect(table(true)).toMatchObject({ deletion_protection_enabled: true, lifecycle: { prevent_destroy: true } });
  expect(table(false).deletion_protection_enabled).toBe(false);
  expect(table(false)).not.toHaveProperty("lifecycle");
});

test("a table of what was done already holds nobody's data, and goes with the last lambda that needs it", () => {
  const { json } = synthDomain((stack) => void IdempotencyTable.of(stack), { protectData: true });
  expect(resource(json, "aws_dynamodb_table").deletion_protection_enabled).toBe(false);
  expect(resource(json, "aws_dynamodb_table")).not.toHaveProperty("lifecycle");
});
