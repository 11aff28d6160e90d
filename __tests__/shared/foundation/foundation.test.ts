import { foundationContract } from "../../../shared/stack/foundation-contract";
import { referred, resource, resources, synthFoundation } from "../../harness/synth";

const { json, findings, stack } = synthFoundation();
const published = (parameter: string): string =>
  resources(json, "aws_ssm_parameter").find(({ name }) => name === `/shop/int/shared/v1/${parameter}`)?.insecure_value;

test("the foundation has nothing to complain about and stands on nobody", () => {
  expect(findings).toEqual([]);
  expect(stack.describe().reads).toEqual([]);
});

test("the foundation publishes all that its contract promises, each the right thing", () => {
  expect(stack.describe().publishes).toEqual([{ domain: "shared", version: 1, parameters: [...foundationContract.parameters].sort() }]);
  expect(referred(json, published("alarmTopicArn"))).toBe(resource(json, "aws_sns_topic"));
  expect(referred(json, published("eventBusArn"))).toBe(resource(json, "aws_cloudwatch_event_bus"));
  expect(referred(json, published("lambdaBoundaryArn"))).toBe(resource(json, "aws_iam_policy"));
  expect(referred(json, published("vpcId"))).toBe(resource(json, "aws_vpc"));
  expect(referred(json, published("lambdaSecurityGroupId")).name).toBe("shop-shared-int-lambda");
});

test("the subnets that lambdas are given are the private ones, all of them", () => {
  const ids = published("privateSubnetIds").match(/aws_subnet\.[\w-]+/g) ?? [];
  const names = ids.map((id) => referred(json, `\${${id}.id}`).tags.Name);
  expect(names).toEqual(["shop-shared-int-private-0", "shop-shared-int-private-1"]);
});

test("what the foundation publishes is no secret, and plain to read", () => {
  for (const parameter of resources(json, "aws_ssm_parameter")) {
    expect(parameter.type).toBe("String");
    expect(parameter.value).toBeUndefined();
  }
});
