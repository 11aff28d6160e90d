import fc from "fast-check";
import {
  contractParameter,
  eventType,
  KEBAB_CASE,
  parseSecretParameter,
  resourceName,
  resourceNamePattern,
  secretParameter,
  stackId,
  withAffixes,
} from "../../shared/naming";

const ORDERS = { project: "shop", domain: "orders", environment: "int" };
const part = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const kebab = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("-"));

test("names have the formats that the documentation states", () => {
  expect(stackId(ORDERS)).toBe("orders-int");
  expect(resourceName(ORDERS, "placed")).toBe("shop-orders-int-placed");
  expect(resourceName(ORDERS)).toBe("shop-orders-int");
  expect(contractParameter(ORDERS, 1, "queueUrl")).toBe("/shop/int/orders/v1/queueUrl");
  expect(secretParameter(ORDERS, "mailer-key")).toBe("/shop/int/orders/secret/mailer-key");
  expect(eventType({ name: "order-placed", version: 1 })).toBe("order-placed.v1");
});

test.each([
  ["FIFO queue", "shop-orders-int-placed.fifo"],
  ["KMS alias", "alias/shop-orders-int-placed"],
  ["VPC flow log group", "/aws/vpc/shop-orders-int-placed"],
  ["SQS queue", "shop-orders-int-placed"],
])("the name of a %s has the prefix or suffix that AWS expects", (kind, name) => {
  expect(withAffixes(kind, resourceName(ORDERS, "placed"))).toBe(name);
});

test("the pattern of an environment matches the names in all its domains, and no name in another environment", () => {
  const pattern = new RegExp(`^${resourceNamePattern(ORDERS).replaceAll("*", ".*")}$`);
  fc.assert(fc.property(kebab, kebab, (domain, thing) => pattern.test(resourceName({ ...ORDERS, domain }, thing))));
  expect(pattern.test(resourceName({ ...ORDERS, environment: "live" }, "placed"))).toBe(false);
});

test("the parameter of a secret contains its stack and its name", () => {
  fc.assert(
    fc.property(kebab, part, kebab, (domain, environment, name) => {
      const parameter = secretParameter({ project: "shop", domain, environment }, name);
      expect(parseSecretParameter(parameter)).toEqual({ stack: stackId({ domain, environment }), name });
    }),
  );
});

test("a kebab-case name has only characters that every AWS service accepts, and no empty part", () => {
  const character = fc.constantFrom(..."abz019-AZ_. é");
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 8 }), (text) => {
      const parts = text.split("-");
      const expected =
        /^[a-z]/.test(text) &&
        parts.every((part) => part !== "" && [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ_. é"].every((no) => !part.includes(no)));
      expect(KEBAB_CASE.test(text)).toBe(expected);
    }),
  );
});
