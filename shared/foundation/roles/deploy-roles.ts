import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { DomainStack } from "../../domain-stack";
import { type DeployPhase, deployRoleName, FOUNDATION, rolePath, type StackIdentity, stackId } from "../../naming";
import { ROLE_POLICY_NAME } from "../../resources/iam";
import { addFinding } from "../../stack/findings";
import { checkedName } from "../../stack/name-limits";
import { deployPolicy } from "./deploy-policy";
import { trustPolicy } from "./trust-policy";

/**
 * The longest documents of a role, in characters: its inline policies together, and its trust policy.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const LONGEST = { permissions: 10_240, trust: 2048 };

const PHASES: DeployPhase[] = ["plan", "apply", "smoke"];

/** The roles with which GitHub Actions or HCP Terraform deploy a domain in one environment. */
export class DeployRoles extends Construct {
  /** What must exist before the domain can be deployed: a role that has no permissions yet cannot deploy. */
  readonly resources: ITerraformDependable[] = [];

  /**
   * @param stack has the roles: the foundation, or `access` for those of the foundation
   * @param identity the domain that they deploy
   * @param boundaryArn the permissions boundary of deploy roles
   */
  constructor(
    private readonly stack: DomainStack,
    private readonly identity: StackIdentity,
    private readonly boundaryArn: string,
  ) {
    super(stack, `${identity.domain}-deploy`);
    for (const phase of PHASES) this.addRole(phase);
  }

  private addRole(phase: DeployPhase): void {
    const { stack, identity } = this;
    // The foundation has no triggers.
    if (phase === "smoke" && identity.domain === FOUNDATION) return;
    const trust = trustPolicy(stack, identity, phase);
    if (!trust) return;
    const policy = deployPolicy(stack, identity, phase);
    this.checkLength("trust policy", phase, trust, LONGEST.trust);
    this.checkLength("permissions", phase, policy, LONGEST.permissions);
    const role = new IamRole(this, phase, {
      name: checkedName(this, { kind: "IAM role", name: deployRoleName(identity, phase), account: stack.environment.account }),
      path: rolePath(stack.identity),
      description: `${DESCRIPTIONS[phase]} ${stackId(identity)}`,
      assumeRolePolicy: JSON.stringify(trust),
      permissionsBoundary: this.boundaryArn,
    });
    const permissions = new IamRolePolicy(this, `${phase}-policy`, {
      name: ROLE_POLICY_NAME,
      role: role.id,
      // Terraform has expressions of the same form as the variables of IAM.
      policy: JSON.stringify(policy).replaceAll("${", () => "$${"),
    });
    this.resources.push(role, permissions);
  }

  private checkLength(what: string, phase: DeployPhase, document: object, longest: number): void {
    const { length } = JSON.stringify(document);
    if (length <= longest) return;
    const name = deployRoleName(this.identity, phase);
    addFinding(
      this,
      `the ${what} of the role ${name} has ${length} characters, and IAM allows ${longest}. Shorten the project's or the domain's name.`,
    );
  }
}

const DESCRIPTIONS = { plan: "Plans", apply: "Deploys", smoke: "Sends test events to" } satisfies Record<DeployPhase, string>;
