import { LOG_DELIVERY } from "./permissions";

/**
 * The permissions that no deployment on the local AWS uses, and why the deploy roles have them all the same. `npm run test:roles`
 * compares.
 */
export const NOT_SEEN: Readonly<Record<string, string>> = {
  ...because("API Gateway asks for it when something is created with tags, although AWS's reference does not list it", [
    "apigateway:TagResource",
  ]),
  ...because("API Gateway calls it in the name of the caller, for the access log of a stage: see every-resource.ts", LOG_DELIVERY),
  ...because("the environment of the sample that is deployed there has no NAT", [
    "ec2:AllocateAddress",
    "ec2:CreateNatGateway",
    "ec2:DeleteNatGateway",
    "ec2:DescribeAddresses",
    "ec2:DescribeAddressesAttribute",
    "ec2:DescribeNatGateways",
    "ec2:DisassociateAddress",
    "ec2:ReleaseAddress",
    "ec2:ReplaceRoute",
  ]),
  ...because("the environment of the sample that is deployed there has no interface endpoints", [
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupIngress",
    "route53:AssociateVPCWithHostedZone",
  ]),
  ...because("an environment that gets another zone adds its routes to the endpoints", ["ec2:ModifyVpcEndpoint"]),
  ...because("version 6 of the AWS provider tags streams with it; 5.100 uses AddTagsToStream", [
    "kinesis:ListTagsForResource",
    "kinesis:TagResource",
    "kinesis:UntagResource",
  ]),
  ...because("a stream can get another number of shards, be billed on demand, or keep its records for less time", [
    "kinesis:DecreaseStreamRetentionPeriod",
    "kinesis:UpdateShardCount",
    "kinesis:UpdateStreamMode",
  ]),
  ...because("a table can get an index, a stream, or protection against deletion", ["dynamodb:UpdateTable"]),
  ...because("a role whose boundary gets another name keeps its permissions meanwhile", ["iam:PutRolePermissionsBoundary"]),
  ...because("a key can be replaced, and its alias then points to the new one", ["kms:UpdateAlias"]),
};

function because(reason: string, actions: string[]): Record<string, string> {
  return Object.fromEntries(actions.map((action) => [action, reason]));
}
