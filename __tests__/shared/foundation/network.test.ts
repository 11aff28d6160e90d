import type { Environment } from "../../../shared/stack/config";
import { type Json, referred, resource, resources, stackProps, statements, synthFoundation } from "../../harness/synth";

const network = (changes: Partial<Environment["network"]> = {}) =>
  synthFoundation({ network: { ...stackProps().environment.network, ...changes } });

/** The first address of the range `cidrsubnet(vpc, bits, index)`, and the first address after it. */
function rangeOf(json: Json, { cidr_block }: Json): { begin: number; end: number } {
  const [, bits, index] = /cidrsubnet\(.*, (\d+), (\d+)\)/.exec(cidr_block) ?? [];
  const [address, prefix] = resource(json, "aws_vpc").cidr_block.split("/");
  const base = address.split(".").reduce((sum: number, octet: string) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(prefix) - Number(bits));
  return { begin: base + Number(index) * size, end: base + (Number(index) + 1) * size };
}
const tier = (json: Json, name: string) => resources(json, "aws_subnet").filter(({ tags }) => tags.Name.includes(`-${name}-`));
/** The routes of a subnet that leave the VPC. */
function routes(json: Json, subnet: Json): Json[] {
  const association = resources(json, "aws_route_table_association").find((each) => referred(json, each.subnet_id) === subnet);
  return resources(json, "aws_route").filter((route) => route.route_table_id === association.route_table_id);
}

describe.each([1, 2, 3])("a network in %d zones", (zones) => {
  const { json, findings } = network({ zones, cidr: "10.128.0.0/20" });
  const ranges = resources(json, "aws_subnet").map((subnet) => rangeOf(json, subnet));

  test("has a public, a private and an isolated subnet in each zone", () => {
    for (const name of ["public", "private", "isolated"]) {
      const zonesOfTier = tier(json, name).map(({ availability_zone }) => Number(/, (\d+)\)/.exec(availability_zone)?.[1]));
      expect(zonesOfTier.sort()).toEqual([...Array(zones).keys()]);
    }
    expect(findings).toEqual([]);
  });

  test("has subnets inside the address range of the VPC", () => {
    const begin = 10 * 2 ** 24 + 128 * 2 ** 16;
    for (const range of ranges) {
      expect(range.begin).toBeGreaterThanOrEqual(begin);
      expect(range.end).toBeLessThanOrEqual(begin + 2 ** 12);
    }
  });

  test("has subnets that do not overlap", () => {
    const sorted = [...ranges].sort((a, b) => a.begin - b.begin);
    for (const [index, range] of sorted.slice(1).entries()) expect(range.begin).toBeGreaterThanOrEqual(sorted[index]?.end ?? 0);
  });
});

test("an additional zone does not change the ranges of existing subnets", () => {
  const rangesOver = (zones: number) => {
    const { json } = network({ zones });
    return Object.fromEntries(resources(json, "aws_subnet").map((subnet) => [subnet.tags.Name, rangeOf(json, subnet)]));
  };
  expect(rangesOver(2)).toMatchObject(rangesOver(1));
  expect(rangesOver(3)).toMatchObject(rangesOver(2));
});

test("the ranges of subnets never change, because a change would replace the subnets of deployed networks", () => {
  const { json } = network({ zones: 3, cidr: "10.0.0.0/16" });
  const indexes = (name: string) => tier(json, name).map((subnet) => (rangeOf(json, subnet).begin - 10 * 2 ** 24) / 2 ** 12);
  expect(["public", "private", "isolated"].map(indexes)).toEqual([
    [0, 1, 2],
    [4, 5, 6],
    [8, 9, 10],
  ]);
});

test("a new zone at AWS does not replace subnets that are in use", () => {
  for (const { lifecycle } of resources(network().json, "aws_subnet")) expect(lifecycle.ignore_changes).toEqual(["availability_zone"]);
});

test("Terraform looks up the zones when it plans, without zones that need an opt-in", () => {
  for (const zones of Object.values<Json>(network().json.data.aws_availability_zones)) {
    expect(zones.filter).toEqual([{ name: "opt-in-status", values: ["opt-in-not-required"] }]);
  }
});

describe("the routes out of the VPC", () => {
  test("lead from a public subnet to the internet gateway", () => {
    const { json } = network();
    for (const subnet of tier(json, "public")) {
      expect(routes(json, subnet)).toEqual([expect.objectContaining({ gateway_id: expect.stringContaining("aws_internet_gateway") })]);
    }
  });

  test("do not exist for an isolated subnet, even with NAT", () => {
    const { json } = network({ nat: "per-zone" });
    for (const subnet of tier(json, "isolated")) expect(routes(json, subnet)).toEqual([]);
  });

  test("do not exist for a private subnet without NAT, and nothing of NAT is created", () => {
    const { json } = network({ nat: "none" });
    for (const subnet of tier(json, "private")) expect(routes(json, subnet)).toEqual([]);
    expect([...resources(json, "aws_nat_gateway"), ...resources(json, "aws_eip")]).toEqual([]);
  });

  test("lead from all private subnets to the only NAT gateway, if nat is one", () => {
    const { json } = network({ nat: "one", zones: 3 });
    const gateway = resource(json, "aws_nat_gateway");
    for (const subnet of tier(json, "private")) {
      expect(routes(json, subnet).map((route) => referred(json, route.nat_gateway_id))).toEqual([gateway]);
    }
    expect(tier(json, "public")).toContain(referred(json, gateway.subnet_id));
  });

  test("lead from a private subnet to the NAT gateway of its own zone, if nat is per-zone", () => {
    const { json } = network({ nat: "per-zone", zones: 3 });
    for (const [zone, subnet] of tier(json, "private").entries()) {
      const [route, ...others] = routes(json, subnet);
      expect(others).toEqual([]);
      const gateway = referred(json, route.nat_gateway_id);
      expect(referred(json, gateway.subnet_id).availability_zone).toContain(`, ${zone})`);
      expect(subnet.availability_zone).toContain(`, ${zone})`);
    }
  });

  test("exist before a NAT gateway that needs them", () => {
    for (const { depends_on } of resources(network({ nat: "per-zone" }).json, "aws_nat_gateway")) {
      expect(depends_on).toEqual([expect.stringContaining("aws_internet_gateway")]);
    }
  });
});

describe("endpoints", () => {
  const endpoints = (json: Json) => resources(json, "aws_vpc_endpoint");

  test("for DynamoDB and S3 always exist, for every private and isolated subnet", () => {
    const { json } = network();
    expect(endpoints(json).map((each) => `${each.vpc_endpoint_type} ${each.service_name}`)).toEqual([
      "Gateway com.amazonaws.eu-west-1.dynamodb",
      "Gateway com.amazonaws.eu-west-1.s3",
    ]);
    const inside = [...tier(json, "private"), ...tier(json, "isolated")];
    const tables = resources(json, "aws_route_table_association").filter((each) => inside.includes(referred(json, each.subnet_id)));
    for (const { route_table_ids } of endpoints(json)) {
      expect(route_table_ids).toEqual(expect.arrayContaining(tables.map((each) => each.route_table_id)));
    }
  });

  test("for other services exist if the environment lists them, in every private subnet and with private DNS", () => {
    const { json } = network({ interfaceEndpoints: ["sqs", "events"] });
    const chosen = endpoints(json).filter((each) => each.vpc_endpoint_type === "Interface");
    expect(chosen.map((each) => each.service_name).sort()).toEqual(["com.amazonaws.eu-west-1.events", "com.amazonaws.eu-west-1.sqs"]);
    for (const { private_dns_enabled, subnet_ids } of chosen) {
      expect(private_dns_enabled).toBe(true);
      expect(subnet_ids.map((id: string) => referred(json, id))).toEqual(tier(json, "private"));
    }
  });

  test("accept HTTPS from the VPC, and nothing else", () => {
    const { json } = network({ interfaceEndpoints: ["sqs"] });
    const endpoint = endpoints(json).find((each) => each.vpc_endpoint_type === "Interface");
    const { ingress } = referred(json, endpoint.security_group_ids[0]);
    expect(ingress).toEqual([
      expect.objectContaining({ from_port: 443, to_port: 443, cidr_blocks: [expect.stringContaining("aws_vpc.")] }),
    ]);
  });
});

describe("the security group of lambdas", () => {
  const lambdas = (changes: Partial<Environment["network"]> = {}) =>
    resources(network(changes).json, "aws_security_group").find(({ name }) => name.endsWith("-lambda"));

  test("allows no inbound traffic", () => {
    expect(lambdas({ nat: "one", interfaceEndpoints: ["sqs"] }).ingress).toBeUndefined();
  });

  test("allows outbound HTTPS, and only to destinations that the VPC has a route to", () => {
    const to = (changes: Partial<Environment["network"]>) =>
      lambdas(changes).egress.map((each: Json) => {
        expect([each.from_port, each.to_port, each.protocol]).toEqual([443, 443, "tcp"]);
        return each.description;
      });
    expect(to({})).toEqual(["dynamodb", "s3"]);
    expect(to({ interfaceEndpoints: ["sqs"] })).toEqual(["dynamodb", "s3", "interface endpoints"]);
    expect(to({ nat: "one" })).toEqual(["dynamodb", "s3", "the internet"]);
  });
});

test("the VPC's default security group allows no traffic", () => {
  const { json } = network();
  const closed = resource(json, "aws_default_security_group");
  expect(referred(json, closed.vpc_id)).toBe(resource(json, "aws_vpc"));
  expect([closed.ingress, closed.egress]).toEqual([undefined, undefined]);
});

test("a flow log records all traffic of the VPC, with the environment's log retention", () => {
  const { json } = network();
  const flowLog = resource(json, "aws_flow_log");
  expect(flowLog.traffic_type).toBe("ALL");
  expect(referred(json, flowLog.vpc_id)).toBe(resource(json, "aws_vpc"));
  expect(referred(json, flowLog.log_destination)).toMatchObject({ name: "/aws/vpc/shop-shared-int-flow-log", retention_in_days: 14 });
});

test("only flow logs of this account can assume the flow log role, which can write to the flow log group only", () => {
  const { json } = network();
  const [trust] = statements(json, referred(json, resource(json, "aws_flow_log").iam_role_arn).assume_role_policy);
  expect(trust.principals).toEqual([{ type: "Service", identifiers: ["vpc-flow-logs.amazonaws.com"] }]);
  expect(trust.condition).toEqual([{ test: "StringEquals", variable: "aws:SourceAccount", values: ["111111111111"] }]);
  for (const { resources: on } of statements(json, resource(json, "aws_iam_role_policy").policy)) {
    for (const arn of on) expect(referred(json, arn).name).toBe("/aws/vpc/shop-shared-int-flow-log");
  }
});
