import { foundationContractFor } from "../../../shared/stack/foundation-contract";
import { referred, resource, resources, synthFoundation } from "../../harness/synth";

const { json, findings, stack } = synthFoundation({}, { "late-orders": () => {} });
const published = (parameter: string): string =>
  resources(json, "aws_ssm_parameter").find(({ name }) => name === `/shop/int/shared/v1/${parameter}`)?.insecure_value;

test("the foundation produces no findings and reads no other stack", () => {
  expect(findings).toEqual([]);
  expect(stack.describe().reads).toEqual([]);
});

test("the foundation publishes every parameter of its contract with the right value", () => {
  expect(stack.describe().publishes).toEqual([
    { domain: "shared", version: 1, parameters: [...foundationContractFor(["late-orders"]).parameters].sort() },
  ]);
  expect(referred(json, published("alarmTopicArn"))).toBe(resource(json, "aws_sns_topic"));
  expect(referred(json, published("eventBusArn"))).toBe(resource(json, "aws_cloudwatch_event_bus"));
  expect(referred(json, published("lateOrdersBoundaryArn"))).toBe(resource(json, "aws_iam_policy"));
  expect(referred(json, published("vpcId"))).toBe(resource(json, "aws_vpc"));
  expect(referred(json, published("lambdaSecurityGroupId")).name).toBe("shop-shared-int-lambda");
});

test("the foundation publishes all private subnets, and no others, for lambdas", () => {
  const ids = published("privateSubnetIds").match(/aws_subnet\.[\w-]+/g) ?? [];
  const names = ids.map((id) => referred(json, `\${${id}.id}`).tags.Name);
  expect(names).toEqual(["shop-shared-int-private-0", "shop-shared-int-private-1"]);
});

test("the foundation publishes plain text and no secrets", () => {
  for (const parameter of resources(json, "aws_ssm_parameter")) {
    expect(parameter.type).toBe("String");
    expect(parameter.value).toBeUndefined();
  }
});
