import { isIPv4 } from "node:net";

/** Tiers of subnets in every zone: public, private, isolated. */
export const SUBNET_TIERS = ["public", "private", "isolated"] as const;

/** AWS's smallest subnet. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const SMALLEST_SUBNET = 28;

/** Room for four zones of each tier, whatever number there is: a zone more must not move, that is replace, the subnets in use. */
export const SUBNET_BITS = 4;
export const ZONES_IN_TIER = 4;

/** Why `cidr` cannot be a VPC, or undefined when it can. */
export function cidrProblem(cidr: string): string | undefined {
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
  const subnet = prefix + SUBNET_BITS;
  if (subnet <= SMALLEST_SUBNET) return undefined;
  return `too small: its subnets would be /${subnet}, and AWS's smallest is /${SMALLEST_SUBNET}; take /${SMALLEST_SUBNET - SUBNET_BITS} or wider`;
}
