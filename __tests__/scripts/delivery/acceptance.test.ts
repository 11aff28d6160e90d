import { requireAccepted } from "../../../scripts/delivery/acceptance";
import type { Danger } from "../../../scripts/terraform/dangers/danger";

const table: Danger = { name: "aws_dynamodb_table.kept", kind: "data", text: "destroys the table and its data" };
const route: Danger = { name: "aws_apigatewayv2_route.open", kind: "public", text: "GET / is open to anyone" };
const check = (accepted: string[], isComplete = true) =>
  requireAccepted([{ stack: "ledger-int", dangers: [table, route] }], accepted, { command: "npm run apply -- ledger-int", isComplete });

test("every danger must be named, and the error has the options that do so", () => {
  expect(() => check([])).toThrow(
    "ledger-int: aws_dynamodb_table.kept   destroys the table and its data\n  ledger-int: aws_apigatewayv2_route.open   GET / is open to anyone\n" +
      "Add: npm run apply -- ledger-int --accept aws_dynamodb_table.kept --accept aws_apigatewayv2_route.open",
  );
  expect(() => check([table.name])).toThrow(
    /^Nothing was changed\.[\s\S]*Add: npm run apply -- ledger-int --accept aws_apigatewayv2_route\.open$/,
  );
  expect(() => check([table.name, route.name])).not.toThrow();
});

test("a name that is no danger is a mistake, unless there are plans that are not known yet", () => {
  const names = [table.name, route.name, "aws_sqs_queue.x"];
  expect(() => check(names)).toThrow("--accept names aws_sqs_queue.x, but the dangers of these plans are: aws_dynamodb_table.kept");
  expect(() => check(names, false)).not.toThrow();
});
