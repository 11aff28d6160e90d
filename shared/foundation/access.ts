import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider";
import { DomainStack } from "../domain-stack";
import { FOUNDATION } from "../naming";
import { environmentsOfAccount, isSampleAccount, namesSampleRepository } from "../stack/config";
import { hasDeployRoles, type TokenIssuer, tokenIssuers } from "../stack/deployer";
import { addFinding } from "../stack/findings";
import { addDeployBoundary } from "./roles/deploy-boundary";
import { DeployRoles } from "./roles/deploy-roles";
import { OperatorRole } from "./roles/operator-role";

/**
 * The stack `access-<environment>`: what lets GitHub Actions and HCP Terraform deploy to the account, and people operate it. Only an
 * administrator applies it, so that no deploy role can change who is trusted, or what it may do itself: it has the roles of the
 * foundation, and the permissions boundary of all deploy roles. The foundation has the roles of the domains.
 */
export class Access extends DomainStack {
  /** Whether a project needs the stack in an environment. */
  static isNeeded({ project, environment }: Pick<DomainStack, "project" | "environment">): boolean {
    return hasDeployRoles(project) || environment.operators !== undefined;
  }

  protected define(): void {
    const { project, environment, identity } = this;
    this.checkRepository();
    for (const issuer of tokenIssuers(project)) this.addOidcProvider(issuer);
    if (hasDeployRoles(project)) {
      const boundary = addDeployBoundary(this);
      new DeployRoles(this, { ...identity, domain: FOUNDATION }, boundary.arn);
    }
    if (environment.operators) new OperatorRole(this, environment.operators);
  }

  /** An account can have only one provider for each address. Therefore the first environment of the account creates it. */
  private addOidcProvider({ host, id, audience }: TokenIssuer): void {
    if (this.environment.existingOidcProviders?.includes(host)) return;
    const [owner, ...others] = environmentsOfAccount(this.project, this.environment.account);
    if (owner?.name !== this.environment.name) return;
    new IamOpenidConnectProvider(this, id, {
      url: `https://${host}`,
      clientIdList: [audience],
      // The other environments of the account would lose their credentials with it.
      lifecycle: others.length > 0 ? { preventDestroy: true } : undefined,
    });
  }

  private checkRepository(): void {
    const { account, name } = this.environment;
    if (!this.project.github || isSampleAccount(account) || !namesSampleRepository(this.project)) return;
    const problem = `the account of ${name} is ${account}, but repository or the ids in github are still those of the template`;
    const risk = "Whoever owns a repository of that name could deploy to the account";
    addFinding(
      this,
      `${problem}. ${risk}. Write your repository in project.config.ts, and run npm run bootstrap -- ${name}, which finds the ids.`,
    );
  }
}
