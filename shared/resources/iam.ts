import { DataAwsIamPolicyDocument, type DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { Construct } from "constructs";
import { DomainStack } from "../domain-stack";

/**
 * The trust policy of a role that one AWS service assumes.
 * @param service the service principal, such as `lambda.amazonaws.com`
 * @param options.ownAccountOnly whether the service may assume the role only on behalf of this account. Set it only for a
 *   service whose documentation says that it sends `aws:SourceAccount` when it assumes a role. The documentation of Lambda
 *   does not say so, and a condition that Lambda does not meet would stop every function.
 */
export function assumeRolePolicy(scope: Construct, service: string, { ownAccountOnly = false } = {}): string {
  const { account } = DomainStack.of(scope).environment;
  const fromOwnAccount = { test: "StringEquals", variable: "aws:SourceAccount", values: [account] };
  const statement: DataAwsIamPolicyDocumentStatement = {
    actions: ["sts:AssumeRole"],
    principals: [{ type: "Service", identifiers: [service] }],
    condition: ownAccountOnly ? [fromOwnAccount] : undefined,
  };
  return policyDocument(scope, "trust", [statement]);
}

/** The JSON of a policy. Terraform renders it, because it can contain values that are known only when Terraform runs. */
export function policyDocument(scope: Construct, id: string, statement: DataAwsIamPolicyDocumentStatement[]): string {
  return new DataAwsIamPolicyDocument(scope, id, { statement }).json;
}

/** The name of the inline policy with the permissions of a role. */
export const ROLE_POLICY_NAME = "permissions";

/**
 * Adds the permissions of a role.
 * @returns the policy, and its document, which takes more statements later
 */
export function addRolePolicy(scope: Construct, role: IamRole, statement: DataAwsIamPolicyDocumentStatement[]) {
  const document = new DataAwsIamPolicyDocument(scope, "policy-document", { statement });
  const policy = new IamRolePolicy(scope, "policy", { name: ROLE_POLICY_NAME, role: role.id, policy: document.json });
  return { document, policy };
}

/** A statement for the policy of a resource. It denies every request that is not encrypted in transit. */
export function denyRequestsWithoutTls(actions: string[], resources: string[]): DataAwsIamPolicyDocumentStatement {
  const withoutTls = { test: "Bool", variable: "aws:SecureTransport", values: ["false"] };
  return { effect: "Deny", actions, resources, principals: [{ type: "AWS", identifiers: ["*"] }], condition: [withoutTls] };
}
