import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider";
import { DomainStack } from "../domain-stack";
import { environmentsOfAccount, runsOnServer } from "../stack/config";

/**
 * The audience of the tokens with which HCP Terraform gets AWS credentials.
 * @see https://developer.hashicorp.com/terraform/cloud-docs/dynamic-provider-credentials/aws-configuration
 */
const HCP_AUDIENCE = "aws.workload.identity";

/**
 * The stack `access-<environment>`: what lets a server deploy to the account. Only an administrator applies it, because nobody else
 * may change who is trusted. So far, it has the OIDC provider of HCP Terraform.
 */
export class Access extends DomainStack {
  protected define(): void {
    const { state } = this.project;
    if (runsOnServer(state)) this.addOidcProvider(`https://${state.hostname}`, HCP_AUDIENCE);
  }

  /** An account can have only one provider for each address. Therefore the first environment of the account creates it. */
  private addOidcProvider(url: string, audience: string): void {
    const [owner, ...others] = environmentsOfAccount(this.project, this.environment.account);
    if (owner?.name !== this.environment.name) return;
    new IamOpenidConnectProvider(this, "hcp-terraform", {
      url,
      clientIdList: [audience],
      // The other environments of the account would lose their credentials with it.
      lifecycle: others.length > 0 ? { preventDestroy: true } : undefined,
    });
  }
}
