import fc from "fast-check";
import {
  contractParameter,
  KEBAB_CASE,
  parseSecretParameter,
  resourceName,
  resourceNamePattern,
  secretParameter,
  stackId,
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
});

test("the pattern of an environment matches the names of all its domains, and none of another environment", () => {
  const pattern = new RegExp(`^${resourceNamePattern(ORDERS).replaceAll("*", ".*")}$`);
  fc.assert(fc.property(kebab, kebab, (domain, thing) => pattern.test(resourceName({ ...ORDERS, domain }, thing))));
  expect(pattern.test(resourceName({ ...ORDERS, environment: "live" }, "placed"))).toBe(false);
});

test("the parameter of a secret leads back to its stack and its name", () => {
  fc.assert(
    fc.property(kebab, part, kebab, (domain, environment, name) => {
      const parameter = secretParameter({ project: "shop", domain, environment }, name);
      expect(parseSecretParameter(parameter)).toEqual({ stack: stackId({ domain, environment }), name });
    }),
  );
});

test("a kebab-case name holds only what every service takes, and its parts say where it came from", () => {
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
