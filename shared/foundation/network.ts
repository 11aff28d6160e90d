import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsAvailabilityZones } from "@cdktf/provider-aws/lib/data-aws-availability-zones";
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { Eip } from "@cdktf/provider-aws/lib/eip";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { EnvironmentStack } from "../environment-stack";
import { assumeRolePolicy } from "../iam";
import { SUBNET_TIERS, subnetBits } from "./cidr";

type Tier = (typeof SUBNET_TIERS)[number];

/** A VPC with public, private and isolated subnets in every zone; what leaves it is by choice of the environment. */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly privateSubnets: Subnet[];
  /** Of every lambda in the VPC: out by HTTPS, in nothing. */
  readonly lambdaSecurityGroup: SecurityGroup;

  constructor(
    private readonly stack: EnvironmentStack,
    id: string,
  ) {
    super(stack, id);
    const { network } = stack.environment;

    this.vpc = new Vpc(this, "vpc", {
      cidrBlock: network.cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: stack.namePrefix },
    });
    // AWS makes one that lets its members talk to each other and the world; without rules it lets nothing pass.
    new DefaultSecurityGroup(this, "default-security-group", { vpcId: this.vpc.id });

    const tables = this.addRouteTables(network.zones);
    const subnets = this.addSubnets(network.zones, tables);
    this.privateSubnets = subnets.private;
    this.addInternetAccess(tables, subnets.public);
    this.lambdaSecurityGroup = this.addSecurityGroup("lambda", "Lambdas in the VPC");
    this.addGatewayEndpoints([...tables.private, ...tables.isolated]);
    this.addInterfaceEndpoints(subnets.private);
    if (network.nat !== "none") this.allowHttpsOut("internet", { cidrIpv4: "0.0.0.0/0" });
    this.addFlowLog();
  }

  private addRouteTables(zones: number): Record<Tier, RouteTable[]> {
    const table = (name: string) =>
      new RouteTable(this, `${name}-routes`, { vpcId: this.vpc.id, tags: { Name: `${this.stack.namePrefix}-${name}` } });
    return {
      public: [table("public")],
      // One a zone, so that each can leave through the NAT gateway of its own zone.
      private: Array.from({ length: zones }, (_, zone) => table(`private-${zone}`)),
      isolated: [table("isolated")],
    };
  }

  private addSubnets(zones: number, tables: Record<Tier, RouteTable[]>): Record<Tier, Subnet[]> {
    // Zones differ by account, and no account is looked up at synth: Terraform asks when it plans.
    const available = new DataAwsAvailabilityZones(this, "zones", {
      state: "available",
      filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
    });
    const add = (tier: Tier) =>
      Array.from({ length: zones }, (_, zone) => {
        const subnet = new Subnet(this, `${tier}-${zone}`, {
          vpcId: this.vpc.id,
          cidrBlock: Fn.cidrsubnet(this.vpc.cidrBlock, subnetBits(zones), SUBNET_TIERS.indexOf(tier) * zones + zone),
          availabilityZone: Fn.element(available.names, zone),
          // A zone that AWS adds must not move, that is replace, a subnet in use.
          lifecycle: { ignoreChanges: ["availability_zone"] },
          tags: { Name: `${this.stack.namePrefix}-${tier}-${zone}` },
        });
        const table = tables[tier][zone] ?? tables[tier][0];
        new RouteTableAssociation(this, `${tier}-${zone}-association`, { subnetId: subnet.id, routeTableId: table?.id ?? "" });
        return subnet;
      });
    return { public: add("public"), private: add("private"), isolated: add("isolated") };
  }

  private addInternetAccess(tables: Record<Tier, RouteTable[]>, publicSubnets: Subnet[]): void {
    const { nat, zones } = this.stack.environment.network;
    const gateway = new InternetGateway(this, "internet-gateway", { vpcId: this.vpc.id });
    const anywhere = { destinationCidrBlock: "0.0.0.0/0" };
    for (const table of tables.public)
      new Route(this, "public-to-internet", { ...anywhere, routeTableId: table.id, gatewayId: gateway.id });

    const count = { none: 0, one: 1, "per-zone": zones }[nat];
    const gateways = publicSubnets.slice(0, count).map((subnet, zone) => {
      const address = new Eip(this, `nat-${zone}-address`, { domain: "vpc" });
      return new NatGateway(this, `nat-${zone}`, { subnetId: subnet.id, allocationId: address.id, dependsOn: [gateway] });
    });
    tables.private.forEach((table, zone) => {
      const way = gateways[zone] ?? gateways[0];
      if (way) new Route(this, `private-${zone}-to-nat`, { ...anywhere, routeTableId: table.id, natGatewayId: way.id });
    });
  }

  private addSecurityGroup(id: string, description: string): SecurityGroup {
    const name = this.stack.nameFor(this, "security group", id);
    return new SecurityGroup(this, `${id}-security-group`, { vpcId: this.vpc.id, name, description, tags: { Name: name } });
  }

  private allowHttpsOut(id: string, to: { cidrIpv4?: string; prefixListId?: string; referencedSecurityGroupId?: string }): void {
    new VpcSecurityGroupEgressRule(this, `lambda-to-${id}`, {
      securityGroupId: this.lambdaSecurityGroup.id,
      description: `HTTPS to ${id}`,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      ...to,
    });
  }

  private addGatewayEndpoints(tables: RouteTable[]): void {
    for (const service of ["dynamodb", "s3"]) {
      const endpoint = new VpcEndpoint(this, service, {
        vpcId: this.vpc.id,
        serviceName: `com.amazonaws.${this.stack.project.region}.${service}`,
        vpcEndpointType: "Gateway",
        routeTableIds: tables.map(({ id }) => id),
        tags: { Name: `${this.stack.namePrefix}-${service}` },
      });
      this.allowHttpsOut(service, { prefixListId: endpoint.prefixListId });
    }
  }

  private addInterfaceEndpoints(subnets: Subnet[]): void {
    const { interfaceEndpoints } = this.stack.environment.network;
    if (interfaceEndpoints.length === 0) return;
    const group = this.addSecurityGroup("endpoints", "Interface endpoints");
    new VpcSecurityGroupIngressRule(this, "lambda-into-endpoints", {
      securityGroupId: group.id,
      description: "HTTPS from lambdas in the VPC",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      referencedSecurityGroupId: this.lambdaSecurityGroup.id,
    });
    this.allowHttpsOut("endpoints", { referencedSecurityGroupId: group.id });
    for (const service of interfaceEndpoints) {
      new VpcEndpoint(this, `endpoint-${service}`, {
        vpcId: this.vpc.id,
        serviceName: `com.amazonaws.${this.stack.project.region}.${service}`,
        vpcEndpointType: "Interface",
        subnetIds: subnets.map(({ id }) => id),
        securityGroupIds: [group.id],
        privateDnsEnabled: true,
        tags: { Name: `${this.stack.namePrefix}-${service}` },
      });
    }
  }

  private addFlowLog(): void {
    const logGroup = new CloudwatchLogGroup(this, "flow-log-group", {
      name: this.stack.nameFor(this, "log group", "flow-log", "/aws/vpc/"),
      retentionInDays: this.stack.environment.logRetentionDays,
    });
    const role = new IamRole(this, "flow-log-role", {
      name: this.stack.nameFor(this, "IAM role", "flow-log"),
      assumeRolePolicy: assumeRolePolicy(this, "flow-log", "vpc-flow-logs.amazonaws.com", { ownAccountOnly: true }),
    });
    const document = new DataAwsIamPolicyDocument(this, "flow-log-document", {
      statement: [
        {
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [logGroup.arn, `${logGroup.arn}:*`],
        },
      ],
    });
    new IamRolePolicy(this, "flow-log-policy", { role: role.id, policy: document.json });
    new FlowLog(this, "flow-log", { vpcId: this.vpc.id, trafficType: "ALL", logDestination: logGroup.arn, iamRoleArn: role.arn });
  }
}
