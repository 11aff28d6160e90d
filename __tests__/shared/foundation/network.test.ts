import type { Environment } from "../../../shared/stack/config";
import { type Json, referred, resource, resources, stackProps, statements, synthFoundation } from "../../harness/synth";

const network = (changes: Partial<Environment["network"]> = {}) =>
  synthFoundation({ network: { ...stackProps().environment.network, ...changes } });

/** Address and size of the range that `cidrsubnet(vpc, bits, index)` is. */
function rangeOf(json: Json, { cidr_block }: Json): { begin: number; end: number } {
  const [, bits, index] = /cidrsubnet\(.*, (\d+), (\d+)\)/.exec(cidr_block) ?? [];
  const [address, prefix] = resource(json, "aws_vpc").cidr_block.split("/");
  const base = address.split(".").reduce((sum: number, octet: string) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(prefix) - Number(bits));
  return { begin: base + Number(index) * size, end: base + (Number(index) + 1) * size };
}
const tier = (json: Json, name: string) => resources(json, "aws_subnet").filter(({ tags }) => tags.Name.includes(`-${name}-`));
/** Where a route table leads, beside the VPC itself. */
function routes(json: Json, subnet: Json): Json[] {
  const association = resources(json, "aws_route_table_association").find((each) => referred(json, each.subnet_id) === subnet);
  return resources(json, "aws_route").filter((route) => route.route_table_id === association.route_table_id);
}

describe.each([1, 2, 3])("a network over %d zones", (zones) => {
  const { json, findings } = network({ zones, cidr: "10.128.0.0/20" });
  const ranges = resources(json, "aws_subnet").map((subnet) => rangeOf(json, subnet));

  test("has a public, a private and an isolated subnet in each", () => {
    for (const name of ["public", "private", "isolated"]) {
      const zonesOfTier = tier(json, name).map(({ availability_zone }) => Number(/, (\d+)\)/.exec(availability_zone)?.[1]));
      expect(zonesOfTier.sort()).toEqual([...Array(zones).keys()]);
    }
    expect(findings).toEqual([]);
  });

  test("has subnets that lie in the VPC", () => {
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

test("a zone more leaves the subnets that are there where they are", () => {
  const rangesOver = (zones: number) => {
    const { json } = network({ zones });
    return Object.fromEntries(resources(json, "aws_subnet").map((subnet) => [subnet.tags.Name, rangeOf(json, subnet)]));
  };
  expect(rangesOver(2)).toMatchObject(rangesOver(1));
  expect(rangesOver(3)).toMatchObject(rangesOver(2));
});

test("subnets have the ranges that they have in networks deployed already, which another would replace", () => {
  const { json } = network({ zones: 3, cidr: "10.0.0.0/16" });
  const indexes = (name: string) => tier(json, name).map((subnet) => (rangeOf(json, subnet).begin - 10 * 2 ** 24) / 2 ** 12);
  expect(["public", "private", "isolated"].map(indexes)).toEqual([
    [0, 1, 2],
    [4, 5, 6],
    [8, 9, 10],
  ]);
});

test("a zone that AWS adds replaces no subnet in use", () => {
  for (const { lifecycle } of resources(network().json, "aws_subnet")) expect(lifecycle.ignore_changes).toEqual(["availability_zone"]);
});

test("zones are asked for when Terraform plans: none that an account must opt in to, none by name", () => {
  for (const zones of Object.values<Json>(network().json.data.aws_availability_zones)) {
    expect(zones.filter).toEqual([{ name: "opt-in-status", values: ["opt-in-not-required"] }]);
  }
});

describe("what leads out", () => {
  test("of a public subnet is the internet gateway", () => {
    const { json } = network();
    for (const subnet of tier(json, "public")) {
      expect(routes(json, subnet)).toEqual([expect.objectContaining({ gateway_id: expect.stringContaining("aws_internet_gateway") })]);
    }
  });

  test("of an isolated subnet is nothing, even where there is NAT", () => {
    const { json } = network({ nat: "per-zone" });
    for (const subnet of tier(json, "isolated")) expect(routes(json, subnet)).toEqual([]);
  });

  test("of a private subnet is nothing without NAT, which costs nothing", () => {
    const { json } = network({ nat: "none" });
    for (const subnet of tier(json, "private")) expect(routes(json, subnet)).toEqual([]);
    expect([...resources(json, "aws_nat_gateway"), ...resources(json, "aws_eip")]).toEqual([]);
  });

  test("of all private subnets is the one NAT gateway, where there is one", () => {
    const { json } = network({ nat: "one", zones: 3 });
    const gateway = resource(json, "aws_nat_gateway");
    for (const subnet of tier(json, "private")) {
      expect(routes(json, subnet).map((route) => referred(json, route.nat_gateway_id))).toEqual([gateway]);
    }
    expect(tier(json, "public")).toContain(referred(json, gateway.subnet_id));
  });

  test("of a private subnet is the NAT gateway of its own zone, where each has one", () => {
    const { json } = network({ nat: "per-zone", zones: 3 });
    for (const [zone, subnet] of tier(json, "private").entries()) {
      const [route, ...others] = routes(json, subnet);
      expect(others).toEqual([]);
      const gateway = referred(json, route.nat_gateway_id);
      expect(referred(json, gateway.subnet_id).availability_zone).toContain(`, ${zone})`);
      expect(subnet.availability_zone).toContain(`, ${zone})`);
    }
  });

  test("of a NAT gateway is made before it", () => {
    for (const { depends_on } of resources(network({ nat: "per-zone" }).json, "aws_nat_gateway")) {
      expect(depends_on).toEqual([expect.stringContaining("aws_internet_gateway")]);
    }
  });
});

describe("endpoints", () => {
  const endpoints = (json: Json) => resources(json, "aws_vpc_endpoint");

  test("to DynamoDB and S3 are always there, free, from every private and isolated subnet", () => {
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

  test("to other services are by choice, in every private subnet, under the service's usual name", () => {
    const { json } = network({ interfaceEndpoints: ["sqs", "events"] });
    const chosen = endpoints(json).filter((each) => each.vpc_endpoint_type === "Interface");
    expect(chosen.map((each) => each.service_name).sort()).toEqual(["com.amazonaws.eu-west-1.events", "com.amazonaws.eu-west-1.sqs"]);
    for (const { private_dns_enabled, subnet_ids } of chosen) {
      expect(private_dns_enabled).toBe(true);
      expect(subnet_ids.map((id: string) => referred(json, id))).toEqual(tier(json, "private"));
    }
  });

  test("let in what comes from the VPC by HTTPS, and nothing else", () => {
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

  test("lets nothing in", () => {
    expect(lambdas({ nat: "one", interfaceEndpoints: ["sqs"] }).ingress).toBeUndefined();
  });

  test("lets out by HTTPS, and only to what there is a way to", () => {
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

test("the VPC's default security group is closed", () => {
  const { json } = network();
  const closed = resource(json, "aws_default_security_group");
  expect(referred(json, closed.vpc_id)).toBe(resource(json, "aws_vpc"));
  expect([closed.ingress, closed.egress]).toEqual([undefined, undefined]);
});

test("all traffic of the VPC is in a flow log, kept as long as the environment keeps logs", () => {
  const { json } = network();
  const flowLog = resource(json, "aws_flow_log");
  expect(flowLog.traffic_type).toBe("ALL");
  expect(referred(json, flowLog.vpc_id)).toBe(resource(json, "aws_vpc"));
  expect(referred(json, flowLog.log_destination)).toMatchObject({ name: "/aws/vpc/shop-shared-int-flow-log", retention_in_days: 14 });
});

test("only the flow logs of this account may take the role that writes them, and it may write nothing else", () => {
  const { json } = network();
  const [trust] = statements(json, referred(json, resource(json, "aws_flow_log").iam_role_arn).assume_role_policy);
  expect(trust.principals).toEqual([{ type: "Service", identifiers: ["vpc-flow-logs.amazonaws.com"] }]);
  expect(trust.condition).toEqual([{ test: "StringEquals", variable: "aws:SourceAccount", values: ["111111111111"] }]);
  for (const { resources: on } of statements(json, resource(json, "aws_iam_role_policy").policy)) {
    for (const arn of on) expect(referred(json, arn).name).toBe("/aws/vpc/shop-shared-int-flow-log");
  }
});
