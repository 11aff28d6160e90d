import { isIPv4 } from "node:net";

/** Tiers of subnets in every zone: public, private, isolated. */
export const SUBNET_TIERS = ["public", "private", "isolated"] as const;

/** AWS's smallest subnet. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const SMALLEST_SUBNET = 28;

/** Bits that a VPC's prefix grows by so that every zone gets a subnet of each tier. */
export function subnetBits(zones: number): number {
  return Math.ceil(Math.log2(zones * SUBNET_TIERS.length));
}

/** Why `cidr` cannot be a VPC over that many zones, or undefined when it can. */
export function cidrProblem(cidr: string, zones: number): string | undefined {
  const [, base = "", bits = ""] = /^(.*)\/(\d{1,2})$/.exec(cidr) ?? [];
  if (!isIPv4(base)) return "an IPv4 range such as 10.0.0.0/16";
  const prefix = Number(bits);
  if (prefix < 16 || prefix > SMALLEST_SUBNET) return `a VPC is /16 to /${SMALLEST_SUBNET}, not /${prefix}`;

  const address = base.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const hostBits = address % 2 ** (32 - prefix);
  if (hostBits > 0) {
    const network = [24, 16, 8, 0].map((shift) => ((address - hostBits) >>> shift) & 255).join(".");
    return `it has host bits; the range begins at ${network}/${prefix}`;
  }
  const subnet = prefix + subnetBits(zones);
  if (subnet > SMALLEST_SUBNET) {
    const widest = SMALLEST_SUBNET - subnetBits(zones);
    return `too small: ${zones} zone(s) of ${SUBNET_TIERS.length} subnets would need /${subnet} subnets, and AWS's smallest is /${SMALLEST_SUBNET}; take /${widest} or wider`;
  }
  return undefined;
}
