import { defineContract } from "../../../shared/contract";
import type { DomainStack } from "../../../shared/domain-stack";
import { boundaryAllows } from "../../../shared/foundation/boundary";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { type Json, resources, statements, synthFoundation } from "../../harness/synth";

const ledgerContract = defineContract({ domain: "ledger", version: 1, parameters: ["tableArn"] });
const unusedContract = defineContract({ domain: "receipts", version: 1, parameters: ["topicArn"] });

/** A domain that uses a table of ledger, and nothing of receipts. */
function defineOrders(stack: DomainStack): void {
  stack.read(unusedContract);
  new NodejsFunction(stack, "work").allow(["dynamodb:PutItem"], stack.read(ledgerContract).tableArn);
}

const { json, findings } = synthFoundation({}, { orders: defineOrders, ledger: () => {}, receipts: () => {} });
const policyOf = (domain: string): Json =>
  resources(json, "aws_iam_policy").find(({ name }) => name === `shop-shared-int-${domain}-boundary`);
const allowed: Json[] = statements(json, policyOf("orders").policy);
const resourcesFor = (action: string): string[] => allowed.find(({ actions }) => actions.includes(action))?.resources;

test("each domain has a boundary of its own, and the foundation has none", () => {
  expect(findings).toEqual([]);
  expect(resources(json, "aws_iam_policy").map(({ name }) => name)).toEqual([
    "shop-shared-int-ledger-boundary",
    "shop-shared-int-orders-boundary",
    "shop-shared-int-receipts-boundary",
  ]);
});

test("boundaryAllows accepts exactly the actions that a policy allows", () => {
  const actions: string[] = allowed.flatMap((statement) => statement.actions);
  expect(actions.filter((action) => !boundaryAllows(action))).toEqual([]);
  for (const action of ["sqs:CreateQueue", "iam:PassRole", "dynamodb:DeleteTable", "s3:DeleteBucket", "nothing"]) {
    expect(boundaryAllows(action)).toBe(false);
    expect(actions).not.toContain(action);
  }
});

test("a boundary lists single actions, and never all actions of a service", () => {
  for (const { actions } of allowed) expect(actions).toEqual(actions.filter((action: string) => !action.includes("*")));
});

test("a boundary reaches the resources of its domain and of the domains whose contracts it uses, and of no other", () => {
  expect(resourcesFor("dynamodb:PutItem")).toEqual(
    ["orders", "ledger"].flatMap((domain) => {
      const table = `arn:aws:dynamodb:eu-west-1:111111111111:table/shop-${domain}-int-*`;
      return [table, `${table}/*`];
    }),
  );
  expect(resourcesFor("s3:GetObject")).toEqual(["orders", "ledger"].map((domain) => `arn:aws:s3:::shop-${domain}-int-*-111111111111/*`));
  expect(JSON.stringify(allowed)).not.toContain("receipts");
});

test("a boundary reaches the secrets and the log groups of its own domain only, also if it reads the contracts of others", () => {
  expect(resourcesFor("ssm:GetParameter")).toEqual(["arn:aws:ssm:eu-west-1:111111111111:parameter/shop/int/orders/secret/*"]);
  expect(resourcesFor("logs:PutLogEvents")).toEqual(["arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/shop-orders-int-*"]);
});

test("every domain can send events to the bus of the environment, and use nothing else of the foundation", () => {
  expect(resourcesFor("events:PutEvents")).toContain("arn:aws:events:eu-west-1:111111111111:event-bus/shop-shared-int-*");
  const others = allowed.filter(({ actions }) => !actions.includes("events:PutEvents"));
  expect(JSON.stringify(others)).not.toContain("shop-shared-int");
});

test("a boundary allows no action that changes permissions or infrastructure", () => {
  const actions = allowed.flatMap((statement) => statement.actions).filter((action) => !action.startsWith("ec2:"));
  expect(
    actions.filter((action) =>
      /:(Create(?!LogStream)|DeleteTable|DeleteQueue|Put\w*Policy|Attach|Tag|PassRole|Update(?!Item))/.test(action),
    ),
  ).toEqual([]);
});

test("a domain that reads the contracts of so many others that IAM would reject its boundary is a finding with the numbers", () => {
  const names = Array.from({ length: 12 }, (_, index) => `domain-number-${index}`);
  const app: Record<string, (stack: DomainStack) => void> = Object.fromEntries(names.map((name) => [name, () => {}]));
  app.reader = (stack) => {
    for (const domain of names) void stack.read(defineContract({ domain, version: 1, parameters: ["arn"] })).arn;
  };
  expect(
    synthFoundation({}, app)
      .stack.node.root.node.findAll()
      .flatMap(({ node }) => node.metadata.map(({ data }) => data.text)),
  ).toContainEqual(
    expect.stringMatching(/its permissions boundary has about \d+ characters, and IAM allows 6144\. Let it read the contracts of fewer/),
  );
});
