import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import type { Construct } from "constructs";
import { EnvironmentStack } from "./environment-stack";

/**
 * The trust policy of a role that one AWS service takes.
 * @param options.ownAccountOnly for services whose documentation says that they send `aws:SourceAccount`
 *   when they take a role; Lambda's does not, and a condition it does not meet would stop every function
 */
export function assumeRolePolicy(scope: Construct, id: string, service: string, { ownAccountOnly = false } = {}): string {
  const { account } = EnvironmentStack.of(scope).environment;
  return new DataAwsIamPolicyDocument(scope, `${id}-trust`, {
    statement: [
      {
        actions: ["sts:AssumeRole"],
        principals: [{ type: "Service", identifiers: [service] }],
        ...(ownAccountOnly && { condition: [{ test: "StringEquals", variable: "aws:SourceAccount", values: [account] }] }),
      },
    ],
  }).json;
}
