import { DataAwsIamPolicyDocument, type DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { Construct } from "constructs";
import { DomainStack } from "../domain-stack";

/**
 * The trust policy of a role that one AWS service takes.
 * @param options.ownAccountOnly for services whose documentation says that they send `aws:SourceAccount`
 *   when they take a role; Lambda's does not, and a condition it does not meet would stop every function
 */
export function assumeRolePolicy(scope: Construct, service: string, { ownAccountOnly = false } = {}): string {
  const { account } = DomainStack.of(scope).environment;
  const condition = [{ test: "StringEquals", variable: "aws:SourceAccount", values: [account] }];
  const principals = [{ type: "Service", identifiers: [service] }];
  return policyDocument(scope, "trust", [{ actions: ["sts:AssumeRole"], principals, ...(ownAccountOnly && { condition }) }]);
}

/** The JSON of a policy; Terraform writes it, for it may hold what only Terraform knows. */
export function policyDocument(scope: Construct, id: string, statement: DataAwsIamPolicyDocumentStatement[]): string {
  return new DataAwsIamPolicyDocument(scope, id, { statement }).json;
}

/** Gives a role its permissions; more may be put into the document later. */
export function addRolePolicy(scope: Construct, role: IamRole, statement: DataAwsIamPolicyDocumentStatement[]) {
  const document = new DataAwsIamPolicyDocument(scope, "policy-document", { statement });
  const policy = new IamRolePolicy(scope, "policy", { name: "permissions", role: role.id, policy: document.json });
  return { document, policy };
}

/** Whether it is `*`, or an ARN that names no resource but all of a kind, `table/*`. The objects of a bucket have its name before theirs. */
export function meansEvery(arn: string): boolean {
  const [head, , service, , , ...rest] = arn.split(":");
  // A "*" at the end of a part stands for all parts that follow, too.
  if (head !== "arn" || rest.length === 0) return arn === "*" || (head === "arn" && arn.endsWith("*"));
  return (service === "s3" ? /^\*($|\/)/ : /^\/?[a-z-]*[/:]?\*($|[/:])/).test(rest.join(":"));
}

/** For a resource's own policy: refuses every request that is not encrypted on its way. */
export function refusePlainRequests(actions: string[], resources: string[]): DataAwsIamPolicyDocumentStatement {
  const condition = [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }];
  return { effect: "Deny", actions, resources, principals: [{ type: "AWS", identifiers: ["*"] }], condition };
}
