import { contractParameters, DOMAIN_TYPES, eventBus, topic } from "./permissions";
import { of, own, type Table, type Target, type TypePermissions } from "./target";

/** The types of resource that the foundation has. */
export const FOUNDATION_TYPES: Table = {
  aws_cloudwatch_event_bus: (target) => eventBus(target),
  aws_cloudwatch_log_group: (target) => DOMAIN_TYPES.aws_cloudwatch_log_group?.(target) ?? {},
  aws_default_security_group: (target) => network(target),
  aws_eip: (target) => network(target),
  aws_flow_log: (target) => network(target),
  aws_iam_policy: (target) => ({
    read: [own(target, "iam", ["GetPolicy", "GetPolicyVersion", "ListPolicyVersions"], `policy/${target.own}-boundary`)],
    write: [
      own(
        target,
        "iam",
        ["CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "TagPolicy", "UntagPolicy"],
        `policy/${target.own}-boundary`,
      ),
    ],
  }),
  aws_internet_gateway: (target) => network(target),
  aws_kms_alias: (target) => key(target),
  aws_kms_key: (target) => key(target),
  aws_nat_gateway: (target) => network(target),
  aws_route: (target) => network(target),
  aws_route_table: (target) => network(target),
  aws_route_table_association: (target) => network(target),
  aws_security_group: (target) => network(target),
  aws_sns_topic: (target) => topic(target),
  aws_sns_topic_policy: (target) => topic(target),
  aws_sns_topic_subscription: (target) => topic(target),
  aws_ssm_parameter: (target) => contractParameters(target),
  aws_subnet: (target) => network(target),
  aws_vpc: (target) => network(target),
  aws_vpc_endpoint: (target) => network(target),
};

function key(target: Target): TypePermissions {
  const tagged = target.tagged("aws:ResourceTag");
  const keys = [target.arn("kms", "key/*")];
  const alias = target.arn("kms", `alias/${target.own}`);
  return {
    read: [
      {
        actions: of("kms", ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"]),
        resources: keys,
        condition: target.notOfOthers,
      },
      // It has no resource types.
      { actions: ["kms:ListAliases"], resources: ["*"] },
    ],
    write: [
      // It has no resource types. A key gets its tags when it is created, and keys that are in use have an alias.
      { actions: ["kms:CreateKey"], resources: ["*"], condition: target.tagged("aws:RequestTag") },
      {
        actions: ["kms:TagResource"],
        resources: keys,
        condition: { ...target.tagged("aws:RequestTag"), Null: { "aws:ResourceTag/domain": "true", "kms:ResourceAliases": "true" } },
      },
      {
        actions: of("kms", [
          "CreateAlias",
          "DeleteAlias",
          "DisableKeyRotation",
          "EnableKeyRotation",
          "PutKeyPolicy",
          "ScheduleKeyDeletion",
          "TagResource",
          "UntagResource",
          "UpdateAlias",
          "UpdateKeyDescription",
        ]),
        resources: keys,
        condition: tagged,
      },
      { actions: of("kms", ["CreateAlias", "DeleteAlias", "UpdateAlias"]), resources: [alias] },
    ],
  };
}

/** The kind of resource that an action of EC2 creates. */
const CREATED = {
  AllocateAddress: "elastic-ip",
  CreateFlowLogs: "vpc-flow-log",
  CreateInternetGateway: "internet-gateway",
  CreateNatGateway: "natgateway",
  CreateRouteTable: "route-table",
  CreateSecurityGroup: "security-group",
  CreateSubnet: "subnet",
  CreateVpc: "vpc",
  CreateVpcEndpoint: "vpc-endpoint",
};

/** The condition of something that nobody has tagged. */
const UNTAGGED = Object.fromEntries(["domain", "environment", "project", "Name"].map((tag) => [`aws:ResourceTag/${tag}`, "true"]));

/** What `network.ts` creates. All of it has ids that AWS makes, so that its tags say whose it is. */
function network(target: Target): TypePermissions {
  const ec2 = (kind: string) => target.arn("ec2", `${kind}/*`);
  return {
    read: [
      {
        actions: of("ec2", [
          "DescribeAddresses",
          "DescribeAddressesAttribute",
          "DescribeAvailabilityZones",
          "DescribeFlowLogs",
          "DescribeInternetGateways",
          "DescribeNatGateways",
          "DescribeNetworkAcls",
          "DescribeNetworkInterfaces",
          "DescribePrefixLists",
          "DescribeRouteTables",
          "DescribeSecurityGroupRules",
          "DescribeSecurityGroups",
          "DescribeSubnets",
          "DescribeVpcAttribute",
          "DescribeVpcEndpoints",
          "DescribeVpcs",
        ]),
        resources: ["*"],
      },
    ],
    write: [
      // What is created has the tags of the foundation, and so has everything that it is created in.
      ...Object.entries(CREATED).map(([action, kind]) => ({
        actions: [`ec2:${action}`],
        resources: [ec2(kind)],
        condition: target.tagged("aws:RequestTag"),
      })),
      {
        actions: ["ec2:CreateTags"],
        resources: Object.values(CREATED).map(ec2),
        condition: { StringEquals: { "ec2:CreateAction": Object.keys(CREATED) } },
      },
      {
        actions: of("ec2", [
          "AssociateRouteTable",
          "AttachInternetGateway",
          "AuthorizeSecurityGroupEgress",
          "AuthorizeSecurityGroupIngress",
          "CreateFlowLogs",
          "CreateNatGateway",
          "CreateRoute",
          "CreateRouteTable",
          "CreateSecurityGroup",
          "CreateSubnet",
          "CreateTags",
          "CreateVpcEndpoint",
          "DeleteFlowLogs",
          "DeleteInternetGateway",
          "DeleteNatGateway",
          "DeleteRoute",
          "DeleteRouteTable",
          "DeleteSecurityGroup",
          "DeleteSubnet",
          "DeleteTags",
          "DeleteVpc",
          "DeleteVpcEndpoints",
          "DetachInternetGateway",
          "DisassociateAddress",
          "DisassociateRouteTable",
          "ModifyVpcAttribute",
          "ModifyVpcEndpoint",
          "ReleaseAddress",
          "ReplaceRoute",
          "RevokeSecurityGroupEgress",
          "RevokeSecurityGroupIngress",
        ]),
        resources: [target.arn("ec2", "*/*")],
        condition: target.tagged("aws:ResourceTag"),
      },
      // AWS makes the default security group of a VPC, without tags. Terraform tags it, and then removes its rules.
      {
        actions: ["ec2:CreateTags"],
        resources: [ec2("security-group")],
        condition: { ...target.tagged("aws:RequestTag"), Null: UNTAGGED },
      },
      // For the private DNS name of an interface endpoint, whose zone belongs to AWS.
      { actions: ["route53:AssociateVPCWithHostedZone"], resources: ["*"] },
    ],
  };
}
