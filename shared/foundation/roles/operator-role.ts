import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import type { DomainStack } from "../../domain-stack";
import { operatorRoleName, resourceNamePattern, rolePath } from "../../naming";
import { ROLE_POLICY_NAME } from "../../resources/iam";
import { checkedName } from "../../stack/name-limits";
import { LAMBDA_ALIAS } from "../../stack-description";
import { policyOf } from "./policy";
import type { Permission } from "./target";

/**
 * The role for the people who operate an environment. It has what `redrive`, `secret` and `aws logs tail` need, in all domains. It
 * can write a secret and not read it.
 */
export class OperatorRole extends Construct {
  /** @param principals ARNs of the IAM roles and users who may use it */
  constructor(
    private readonly stack: DomainStack,
    principals: string[],
  ) {
    super(stack, "operator");
    const { identity, environment } = stack;
    const trust = { Effect: "Allow", Principal: { AWS: principals }, Action: "sts:AssumeRole" };
    const role = new IamRole(this, "role", {
      name: checkedName(this, { kind: "IAM role", name: operatorRoleName(identity), account: environment.account }),
      path: rolePath(identity),
      description: `Operates all domains of ${environment.name}`,
      assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [trust] }),
    });
    const policy = JSON.stringify(policyOf(this.permissions()));
    new IamRolePolicy(this, "policy", { name: ROLE_POLICY_NAME, role: role.id, policy });
  }

  private permissions(): Permission[] {
    const { stack } = this;
    const { project, environment } = stack.identity;
    const names = resourceNamePattern(stack.identity);
    return [
      {
        actions: [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ListMessageMoveTasks",
          "sqs:ReceiveMessage",
          "sqs:SendMessage",
        ],
        resources: [stack.arnOf("sqs", names)],
      },
      { actions: ["lambda:InvokeFunction"], resources: [stack.arnOf("lambda", `function:${names}:${LAMBDA_ALIAS}`)] },
      { actions: ["kinesis:GetRecords", "kinesis:GetShardIterator"], resources: [stack.arnOf("kinesis", `stream/${names}`)] },
      { actions: ["dynamodb:GetRecords", "dynamodb:GetShardIterator"], resources: [stack.arnOf("dynamodb", `table/${names}/stream/*`)] },
      { actions: ["ssm:PutParameter"], resources: [stack.arnOf("ssm", `parameter/${project}/${environment}/*/secret/*`)] },
      {
        actions: ["logs:FilterLogEvents"],
        resources: ["/aws/lambda/", "/aws/vendedlogs/apigateway/"].map((prefix) => stack.arnOf("logs", `log-group:${prefix}${names}`)),
      },
      // It has no resource types. `secret` and `deploy` ask whether a secret has a value, without reading it.
      { actions: ["ssm:DescribeParameters"], resources: ["*"] },
    ];
  }
}
