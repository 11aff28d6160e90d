import { Testing } from "cdktf";
import { Access } from "../../../../shared/foundation/access";
import { deployPolicy } from "../../../../shared/foundation/roles/deploy-policy";
import type { PolicyDocument } from "../../../../shared/foundation/roles/policy";
import { loadProject } from "../../../../shared/stack/config";
import { allows, type RequestKeys } from "../../../harness/iam";
import { config, type Json, resource, stackProps, testApp } from "../../../harness/synth";

const ACCOUNT = "111111111111";
const stack = new Access(testApp(), "access", { ...stackProps(), project: loadProject({ ...config, state: { kind: "s3" } }) });
const json: Json = JSON.parse(Testing.synth(stack));
const boundary: PolicyDocument = JSON.parse(resource(json, "aws_iam_policy").policy);

const role = (path: string) => `arn:aws:iam::${ACCOUNT}:role/shop/int/${path}`;
const policy = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/${name}`;
const bounded = (name: string): RequestKeys => ({ "iam:PermissionsBoundary": policy(name) });

/** What precedes a name in the ARNs of a service. */
const BEFORE_NAME: Record<string, string> = {
  cloudwatch: "alarm:",
  dynamodb: "table/",
  events: "event-bus/",
  kinesis: "stream/",
  lambda: "function:",
  logs: "log-group:/aws/lambda/",
  scheduler: "schedule/default/",
};

test("it allows every action of the deploy roles' own policies, because a role can do only what both allow", () => {
  const own = ["orders", "shared"].flatMap((domain) =>
    (["plan", "apply", "smoke"] as const).flatMap(
      (phase) => deployPolicy(stack, { project: "shop", domain, environment: "int" }, phase).Statement,
    ),
  );
  const refused = own
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action, Resource, Condition }) => {
      const keys = Object.fromEntries(
        Object.entries(Condition ?? {})
          .filter(([operator]) => operator !== "Null")
          .flatMap(([, expected]) => Object.entries(expected).map(([key, values]) => [key, [values].flat()[0] ?? ""])),
      );
      const services = new Map([Action].flat().map((action) => [action, action.split(":")[0] ?? ""]));
      return [...services].flatMap(([action, service]) =>
        [Resource]
          .flat()
          .map((each) =>
            each.replace(
              "arn:aws:*:eu-west-1:111111111111:shop",
              `arn:aws:${service}:eu-west-1:111111111111:${BEFORE_NAME[service] ?? ""}shop`,
            ),
          )
          .filter((each) => each === "*" || each.split(":")[2] === service)
          // A name instead of each wildcard.
          .map((each) => each.replaceAll(`\${*}`, "x").replaceAll("*", "x"))
          .filter((each) => !allows(boundary, action, each === "x" ? "*" : each, keys))
          .map((each) => `${action} on ${each}`),
      );
    });
  expect(refused).toEqual([]);
});

describe("however the foundation writes the policy of a deploy role, the role", () => {
  test("cannot change the roles of the foundation, nor this boundary", () => {
    for (const action of ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:CreateRole", "iam:PassRole"]) {
      expect(
        allows(boundary, action, role("access/shop-int-shared-apply"), {
          ...bounded("shop-access-int-deploy-boundary"),
          "iam:PassedToService": "lambda.amazonaws.com",
        }),
      ).toBe(false);
    }
    for (const action of ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:SetDefaultPolicyVersion"]) {
      expect(allows(boundary, action, policy("shop-access-int-deploy-boundary"))).toBe(false);
    }
  });

  test("makes no role without a boundary of this environment, none outside of the project's path, and removes no boundary", () => {
    const create = (path: string, keys: RequestKeys) => allows(boundary, "iam:CreateRole", path, keys);
    expect(create(role("orders/x"), bounded("shop-shared-int-orders-boundary"))).toBe(true);
    expect(create(role("orders/x"), {})).toBe(false);
    expect(create(role("orders/x"), bounded("shop-shared-live-orders-boundary"))).toBe(false);
    expect(create(role("orders/x"), { "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess" })).toBe(false);
    expect(create(`arn:aws:iam::${ACCOUNT}:role/x`, bounded("shop-access-int-deploy-boundary"))).toBe(false);
    expect(create(`arn:aws:iam::${ACCOUNT}:role/shop/live/orders/x`, bounded("shop-access-int-deploy-boundary"))).toBe(false);
    expect(allows(boundary, "iam:DeleteRolePermissionsBoundary", role("orders/x"))).toBe(false);
    expect(allows(boundary, "iam:AttachRolePolicy", role("orders/x"), bounded("shop-shared-int-orders-boundary"))).toBe(false);
  });

  test("makes no users, no keys and no other identity providers", () => {
    for (const action of [
      "iam:CreateUser",
      "iam:CreateAccessKey",
      "iam:CreateOpenIDConnectProvider",
      "iam:UpdateOpenIDConnectProviderThumbprint",
      "sts:AssumeRole",
    ]) {
      expect(allows(boundary, action, "*")).toBe(false);
      expect(allows(boundary, action, `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`)).toBe(false);
    }
  });

  test("reads no secret, of any domain", () => {
    expect(allows(boundary, "ssm:GetParameter", `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/shop/int/receipts/secret/mailer-key`)).toBe(
      false,
    );
  });

  test("reaches neither the state of this stack, nor what protects the bucket of the states", () => {
    const bucket = `arn:aws:s3:::shop-int-state-${ACCOUNT}`;
    for (const key of ["state/access.tfstate", "state/access.tfstate.tflock"]) {
      for (const action of ["s3:GetObject", "s3:PutObject"]) expect(allows(boundary, action, `${bucket}/${key}`)).toBe(false);
    }
    for (const action of ["s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"]) {
      expect(allows(boundary, action, bucket)).toBe(false);
    }
  });

  test("reaches nothing of another environment or project, by name or by tag", () => {
    expect(allows(boundary, "sqs:DeleteQueue", `arn:aws:sqs:eu-west-1:${ACCOUNT}:shop-orders-live-placed`)).toBe(false);
    expect(allows(boundary, "sqs:DeleteQueue", `arn:aws:sqs:eu-west-1:${ACCOUNT}:other-orders-int-placed`)).toBe(false);
    const api = (tags: RequestKeys) => allows(boundary, "apigateway:DELETE", "arn:aws:apigateway:eu-west-1::/apis/a1", tags);
    expect(api({ "aws:ResourceTag/project": "shop", "aws:ResourceTag/environment": "int" })).toBe(true);
    expect(api({ "aws:ResourceTag/project": "shop", "aws:ResourceTag/environment": "live" })).toBe(false);
    expect(api({ "aws:ResourceTag/project": "other", "aws:ResourceTag/environment": "int" })).toBe(false);
  });
});
