import type { DomainStack } from "../../domain-stack";
import type { DeployPhase, StackIdentity } from "../../naming";
import { type Claims, type TokenIssuer, trustedClaims } from "../../stack/deployer";
import type { Condition } from "./target";

interface TrustStatement {
  Effect: "Allow";
  Principal: { Federated: string };
  Action: "sts:AssumeRoleWithWebIdentity";
  Condition: Condition;
}

/** Who may use a deploy role. Undefined if nobody may: then there is no role. */
export function trustPolicy(stack: DomainStack, identity: StackIdentity, phase: DeployPhase): object | undefined {
  const trusted = trustedClaims(stack.project, identity, phase);
  if (trusted.length === 0) return undefined;
  return { Version: "2012-10-17", Statement: trusted.map(({ issuer, claims }) => statement(stack, issuer, claims)) };
}

/** Every condition compares whole values: a wildcard in a subject would trust more than one repository, workspace or environment. */
function statement(stack: DomainStack, { host, audience }: TokenIssuer, claims: Claims): TrustStatement {
  const expected = Object.entries({ aud: [audience], ...claims });
  const keys = expected.map(([claim, values]) => [`${host}:${claim}`, values.length === 1 ? values[0] : values]);
  return {
    Effect: "Allow",
    Principal: { Federated: stack.arnOf("iam", `oidc-provider/${host}`) },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: Object.fromEntries(keys) },
  };
}
