import { boundaryAllows } from "../../../shared/foundation/lambda-boundary";
import { type Json, resource, statements, synthFoundation } from "../../harness/synth";

const { json } = synthFoundation();
const allowed: Json[] = statements(json, resource(json, "aws_iam_policy").policy);

test("boundaryAllows accepts exactly the actions that the policy allows", () => {
  const actions: string[] = allowed.flatMap((statement) => statement.actions);
  expect(actions.filter((action) => !boundaryAllows(action))).toEqual([]);
  for (const action of ["sqs:CreateQueue", "iam:PassRole", "dynamodb:DeleteTable", "s3:DeleteBucket", "nothing"]) {
    expect(boundaryAllows(action)).toBe(false);
    expect(actions).not.toContain(action);
  }
});

test("the boundary lists single actions, and never all actions of a service", () => {
  for (const { actions } of allowed) expect(actions).toEqual(actions.filter((action: string) => !action.includes("*")));
});

test("the boundary allows only resources of the project, environment, account and region", () => {
  for (const { resources, actions } of allowed) {
    if (/^(xray|ec2):/.test(actions[0])) continue;
    const own = /^arn:aws:(\w+:eu-west-1:111111111111:(.*shop-\*-int-\*|parameter\/shop\/int\/.*)|s3:::shop-\*-int-\*-111111111111\/\*$)/;
    for (const arn of resources) expect(arn).toMatch(own);
  }
});

test("the boundary allows no action that changes permissions or infrastructure", () => {
  const actions = allowed.flatMap((statement) => statement.actions).filter((action) => !action.startsWith("ec2:"));
  expect(
    actions.filter((action) =>
      /:(Create(?!LogStream)|DeleteTable|DeleteQueue|Put\w*Policy|Attach|Tag|PassRole|Update(?!Item))/.test(action),
    ),
  ).toEqual([]);
});
