import { isIPv4 } from "node:net";

/** The tiers of subnets. Every zone has one subnet of each. */
export const SUBNET_TIERS = ["public", "private", "isolated"] as const;

/**
 * Four bits make sixteen subnets: room for four zones of each tier, however many zones the environment has. The room is
 * reserved, because a zone that is added later must not move the subnets in use. Terraform would replace them.
 */
export const SUBNET_BITS = 4;
export const ZONES_IN_TIER = 4;

/**
 * The prefix lengths that AWS accepts for a VPC, and the longest for a subnet.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
 */
const WIDEST_VPC = 16;
const NARROWEST_SUBNET = 28;
const NARROWEST_VPC = NARROWEST_SUBNET - SUBNET_BITS;

/** Explains why a range cannot be the VPC's, or returns undefined if it can. */
export function cidrProblem(cidr: string): string | undefined {
  const [, base = "", bits = ""] = /^(.*)\/(\d{1,2})$/.exec(cidr) ?? [];
  if (!isIPv4(base)) return "Write an IPv4 range, such as 10.0.0.0/16.";
  const prefix = Number(bits);
  if (prefix < WIDEST_VPC || prefix > NARROWEST_SUBNET) return `A VPC's range is /${WIDEST_VPC} to /${NARROWEST_VPC}, not /${prefix}.`;

  const address = base.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const hostBits = address % 2 ** (32 - prefix);
  if (hostBits > 0) return `The address has host bits. This range begins at ${dotted(address - hostBits)}/${prefix}.`;

  if (prefix <= NARROWEST_VPC) return undefined;
  const subnets = `its subnets would be /${prefix + SUBNET_BITS}, and AWS's smallest subnet is /${NARROWEST_SUBNET}`;
  return `The range is too small: ${subnets}. Use /${NARROWEST_VPC} or wider.`;
}

/** An address as four octets: 10.0.0.0. */
function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
