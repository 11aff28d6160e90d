import { requireAccepted } from "../../../scripts/delivery/acceptance";
import type { Danger } from "../../../scripts/terraform/dangers/danger";

const table: Danger = { name: "aws_dynamodb_table.kept", kind: "data", text: "destroys the table and its data" };
const route: Danger = { name: "aws_apigatewayv2_route.open", kind: "public", text: "GET / is open to anyone" };
const ledger = { stack: "ledger-int", dangers: [table, route] };
const check = (accepted: string[], isComplete = true, stacks = [ledger]) =>
  requireAccepted(stacks, accepted, { command: "npm run apply -- ledger-int", isComplete });

test("every danger must be named, and the error has the command that does so", () => {
  expect(() => check([])).toThrow(
    "  aws_dynamodb_table.kept   destroys the table and its data\n  aws_apigatewayv2_route.open   GET / is open to anyone\n" +
      "Run: npm run apply -- ledger-int --accept aws_dynamodb_table.kept --accept aws_apigatewayv2_route.open",
  );
  expect(() => check([table.name])).toThrow(
    /Run: npm run apply -- ledger-int --accept aws_dynamodb_table\.kept --accept aws_apigatewayv2_route\.open$/,
  );
  expect(() => check([table.name, route.name])).not.toThrow();
});

test("a name that is not one of a danger is a mistake, unless there are plans that are not known yet", () => {
  const names = [table.name, route.name, "aws_sqs_queue.x"];
  expect(() => check(names)).toThrow("--accept names aws_sqs_queue.x, but the dangers of these plans are: aws_dynamodb_table.kept");
  expect(() => check(names, false)).not.toThrow();
});

test("of several stacks, the name has the stack: the same address in another stack is another danger", () => {
  const stacks = [ledger, { stack: "orders-int", dangers: [table] }];
  const ofLedger = ["ledger-int/aws_dynamodb_table.kept", "ledger-int/aws_apigatewayv2_route.open"];
  expect(() => check([table.name, ...ofLedger], true, stacks)).toThrow(
    "--accept names aws_dynamodb_table.kept, but the dangers of these plans are",
  );
  expect(() => check(ofLedger, true, stacks)).toThrow("--accept orders-int/aws_dynamodb_table.kept");
  expect(() => check([...ofLedger, "orders-int/aws_dynamodb_table.kept"], true, stacks)).not.toThrow();
});

test("a stack that loses everything is accepted by its id", () => {
  const everything: Danger = { name: "orders-int", kind: "everything", text: "destroys everything in the stack: 3 resources" };
  const stacks = [ledger, { stack: "orders-int", dangers: [everything] }];
  const ofLedger = ["ledger-int/aws_dynamodb_table.kept", "ledger-int/aws_apigatewayv2_route.open"];
  expect(() => check([...ofLedger, "orders-int"], true, stacks)).not.toThrow();
});
