import fc from "fast-check";
import { cidrProblem, SUBNET_BITS, SUBNET_TIERS, ZONES_IN_TIER } from "../../../shared/stack/cidr";

const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((octets) => octets.join("."));
/** Half of the ranges are aligned to their prefix, because most random addresses have host bits. */
const cidr = fc
  .tuple(address, fc.integer({ min: 0, max: 33 }), fc.boolean())
  .map(([base, prefix, aligned]) => `${aligned ? dotted(numberOf(base) & maskOf(prefix)) : base}/${prefix}`);

const numberOf = (dottedAddress: string) => dottedAddress.split(".").reduce((sum, octet) => (sum << 8n) + BigInt(octet), 0n);
const maskOf = (prefix: number) => (0xffffffffn << BigInt(Math.max(0, 32 - prefix))) & 0xffffffffn;
const dotted = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");

/** AWS's rules, written a second time: /16 to /28, no host bits, sixteen subnets of at least /28. */
function breaksARule(range: string): boolean {
  const [base = "", prefixText = ""] = range.split("/");
  const prefix = Number(prefixText);
  return prefix < 16 || prefix > 28 || (numberOf(base) & ~maskOf(prefix)) !== 0n || prefix + 4 > 28;
}

test("a range is rejected if it breaks a rule of AWS, and only then", () => {
  fc.assert(fc.property(cidr, (range) => (cidrProblem(range) !== undefined) === breaksARule(range)));
});

test("the subnets' bits have room for every zone of every tier", () => {
  expect(SUBNET_TIERS.length * ZONES_IN_TIER).toBeLessThanOrEqual(2 ** SUBNET_BITS);
});

test("the range that the error suggests for an address with host bits is accepted", () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 16, max: 24 }), (base, prefix) => {
      const advised = /begins at (\S+)\./.exec(cidrProblem(`${base}/${prefix}`) ?? "")?.[1];
      fc.pre(advised !== undefined);
      expect(cidrProblem(advised as string)).toBeUndefined();
    }),
  );
});

test("the prefix that the error suggests for a small range is accepted, and the next one is not", () => {
  const advised = Number(/Use \/(\d+)/.exec(cidrProblem("10.0.0.0/28") ?? "")?.[1]);
  expect(cidrProblem(`10.0.0.0/${advised}`)).toBeUndefined();
  expect(cidrProblem(`10.0.0.0/${advised + 1}`)).toContain("too small");
});

test.each([
  "",
  "10.0.0.0",
  "10.0.0/16",
  "10.0.0.0.0/16",
  "256.0.0.0/16",
  "10.0.0.0/16 ",
  "10.0.0.0/-1",
  "10.0.0.0/16.0",
  "fd00::/16",
  "10.0.0.x/16",
  "0x0a.0.0.0/16",
])("%p is not an IPv4 range", (text) => {
  expect(cidrProblem(text)).toContain("Write an IPv4 range");
});

test("an octet with a leading zero is rejected, because the AWS provider rejects it", () => {
  expect(cidrProblem("010.0.0.0/16")).toContain("Write an IPv4 range");
});
