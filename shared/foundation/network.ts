import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsAvailabilityZones } from "@cdktf/provider-aws/lib/data-aws-availability-zones";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { Eip } from "@cdktf/provider-aws/lib/eip";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { SecurityGroup, type SecurityGroupConfig, type SecurityGroupEgress } from "@cdktf/provider-aws/lib/security-group";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { VpcEndpoint, type VpcEndpointConfig } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { DomainStack } from "../domain-stack";
import { deployBoundaryName, resourceName, rolePath } from "../naming";
import { addRolePolicy, assumeRolePolicy } from "../resources/iam";
import { SUBNET_BITS, SUBNET_TIERS, ZONES_IN_TIER } from "../stack/cidr";
import { hasDeployRoles } from "../stack/deployer";

const HTTPS = { protocol: "tcp", fromPort: 443, toPort: 443 };

/**
 * A VPC with public, private and isolated subnets in every zone of the environment's `network`.
 * Lambdas run in the private subnets. The options `nat` and `interfaceEndpoints` decide which destinations they reach.
 * Isolated subnets have no route to the internet, even if the environment has NAT.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly privateSubnetIds: string[];
  readonly isolatedSubnetIds: string[];
  /** The security group of every lambda in the VPC. It allows outbound HTTPS and no inbound traffic. */
  readonly lambdaSecurityGroup: SecurityGroup;

  constructor(
    private readonly stack: DomainStack,
    id: string,
  ) {
    super(stack, id);
    const { cidr, zones, nat } = stack.environment.network;
    this.vpc = new Vpc(this, "vpc", { cidrBlock: cidr, enableDnsHostnames: true, enableDnsSupport: true, ...this.nameTag("vpc") });
    // AWS creates a default security group that allows traffic among its members and to the internet. This resource removes its rules.
    new DefaultSecurityGroup(this, "default-security-group", { vpcId: this.vpc.id });

    const publicRoutes = this.addRouteTable("public");
    // Each private subnet has its own route table, so that it can use the NAT gateway of its own zone.
    const privateRoutes = [...Array(zones).keys()].map((zone) => this.addRouteTable(`private-${zone}`));
    const isolatedRoutes = this.addRouteTable("isolated");
    // The zones differ by account, and synth calls no AWS API. Terraform looks them up when it plans.
    const availabilityZones = new DataAwsAvailabilityZones(this, "zones", {
      state: "available",
      filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
    });
    const zoneNames = availabilityZones.names;
    const publicSubnetIds = this.addSubnets("public", zoneNames, Array(zones).fill(publicRoutes));
    this.privateSubnetIds = this.addSubnets("private", zoneNames, privateRoutes);
    this.isolatedSubnetIds = this.addSubnets("isolated", zoneNames, Array(zones).fill(isolatedRoutes));
    this.addInternetAccess(publicSubnetIds, publicRoutes, privateRoutes);

    const toGateways = this.addGatewayEndpoints([...privateRoutes, isolatedRoutes]);
    const toInterfaces = this.addInterfaceEndpoints();
    const toInternet = nat === "none" ? [] : [{ ...HTTPS, description: "the internet", cidrBlocks: ["0.0.0.0/0"] }];
    const egress = [...toGateways, ...toInterfaces, ...toInternet];
    this.lambdaSecurityGroup = this.addSecurityGroup("lambda", { description: "Lambdas in the VPC", egress });
    this.addFlowLog();
  }

  private nameTag(thing: string) {
    return { tags: { Name: resourceName(this.stack.identity, thing) } };
  }

  private addRouteTable(name: string): RouteTable {
    return new RouteTable(this, `${name}-routes`, { vpcId: this.vpc.id, ...this.nameTag(name) });
  }

  /** Adds one subnet for each route table: the subnet in the first zone uses the first table, and so on. Returns the ids of the subnets. */
  private addSubnets(tier: (typeof SUBNET_TIERS)[number], zoneNames: string[], routes: RouteTable[]): string[] {
    return routes.map(({ id: routeTableId }, zone) => {
      const name = `${tier}-${zone}`;
      const { id: subnetId } = new Subnet(this, name, {
        vpcId: this.vpc.id,
        cidrBlock: Fn.cidrsubnet(this.vpc.cidrBlock, SUBNET_BITS, SUBNET_TIERS.indexOf(tier) * ZONES_IN_TIER + zone),
        availabilityZone: Fn.element(zoneNames, zone),
        // When AWS adds a zone, the list of names can change its order. Terraform would then replace subnets that are in use.
        lifecycle: { ignoreChanges: ["availability_zone"] },
        ...this.nameTag(name),
      });
      new RouteTableAssociation(this, `${name}-association`, { subnetId, routeTableId });
      return subnetId;
    });
  }

  private addInternetAccess(publicSubnetIds: string[], publicRoutes: RouteTable, privateRoutes: RouteTable[]): void {
    const anywhere = { destinationCidrBlock: "0.0.0.0/0" };
    const internet = new InternetGateway(this, "internet-gateway", { vpcId: this.vpc.id, ...this.nameTag("internet") });
    new Route(this, "public-to-internet", { ...anywhere, routeTableId: publicRoutes.id, gatewayId: internet.id });

    const gatewayCount = { none: 0, one: 1, "per-zone": publicSubnetIds.length }[this.stack.environment.network.nat];
    const gateways = publicSubnetIds.slice(0, gatewayCount).map((subnetId, zone) => {
      const tag = this.nameTag(`nat-${zone}`);
      const { id: allocationId } = new Eip(this, `nat-${zone}-address`, { domain: "vpc", ...tag });
      return new NatGateway(this, `nat-${zone}`, { subnetId, allocationId, dependsOn: [internet], ...tag });
    });
    privateRoutes.forEach(({ id: routeTableId }, zone) => {
      // With `one`, every zone uses the first gateway. With `none`, there is no gateway and no route.
      const gateway = gateways[zone] ?? gateways[0];
      if (gateway) new Route(this, `private-${zone}-to-nat`, { ...anywhere, routeTableId, natGatewayId: gateway.id });
    });
  }

  private addSecurityGroup(id: string, config: SecurityGroupConfig): SecurityGroup {
    const name = this.stack.nameFor(this, "security group", id);
    return new SecurityGroup(this, `${id}-security-group`, { vpcId: this.vpc.id, name, ...config, ...this.nameTag(id) });
  }

  private addEndpoint(service: string, config: Partial<VpcEndpointConfig>): VpcEndpoint {
    const serviceName = `com.amazonaws.${this.stack.project.region}.${service}`;
    return new VpcEndpoint(this, service, { vpcId: this.vpc.id, serviceName, ...config, ...this.nameTag(service) });
  }

  /**
   * Gateway endpoints are free. Without NAT, they are the only route to DynamoDB and S3.
   * @returns the rules that allow lambdas to reach them
   */
  private addGatewayEndpoints(tables: RouteTable[]): SecurityGroupEgress[] {
    return ["dynamodb", "s3"].map((service) => {
      const endpoint = this.addEndpoint(service, { vpcEndpointType: "Gateway", routeTableIds: tables.map(({ id }) => id) });
      return { ...HTTPS, description: service, prefixListIds: [endpoint.prefixListId] };
    });
  }

  /**
   * Adds an endpoint in every private subnet for each of the environment's `interfaceEndpoints`.
   * @returns the rules that allow lambdas to reach them
   */
  private addInterfaceEndpoints(): SecurityGroupEgress[] {
    const { interfaceEndpoints } = this.stack.environment.network;
    if (interfaceEndpoints.length === 0) return [];
    const ingress = [{ ...HTTPS, description: "the VPC", cidrBlocks: [this.vpc.cidrBlock] }];
    const { id } = this.addSecurityGroup("endpoints", { description: "Interface endpoints", ingress });
    const config = { subnetIds: this.privateSubnetIds, securityGroupIds: [id], privateDnsEnabled: true };
    for (const service of interfaceEndpoints) this.addEndpoint(service, { vpcEndpointType: "Interface", ...config });
    return [{ ...HTTPS, description: "interface endpoints", securityGroups: [id] }];
  }

  private addFlowLog(): void {
    const logGroup = new CloudwatchLogGroup(this, "flow-log-group", {
      name: this.stack.nameFor(this, "VPC flow log group", "flow-log"),
      retentionInDays: this.stack.environment.logRetentionDays,
    });
    const role = new IamRole(this, "flow-log-role", {
      name: this.stack.nameFor(this, "IAM role", "flow-log"),
      path: rolePath(this.stack.identity),
      assumeRolePolicy: assumeRolePolicy(this, "vpc-flow-logs.amazonaws.com", { ownAccountOnly: true }),
      // The foundation's apply role can create roles with this boundary only.
      permissionsBoundary: hasDeployRoles(this.stack.project)
        ? this.stack.arnOf("iam", `policy/${deployBoundaryName(this.stack.identity)}`)
        : undefined,
    });
    const actions = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"];
    addRolePolicy(this, role, [{ actions, resources: [logGroup.arn, `${logGroup.arn}:*`] }]);
    new FlowLog(this, "flow-log", { vpcId: this.vpc.id, trafficType: "ALL", logDestination: logGroup.arn, iamRoleArn: role.arn });
  }
}
