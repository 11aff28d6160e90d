import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { KEBAB_CASE, secretParameter } from "../naming";
import { addFinding } from "../stack/findings";
import { checkedName } from "../stack/names";
import type { NodejsFunction } from "./nodejs-function";

/**
 * A secret of the domain: an SSM parameter of the type SecureString that `npm run secret` makes.
 * Terraform has neither resource nor data source of it, for both would write the value into the state.
 */
export class Secret extends Construct {
  /** Where SSM keeps the value. A lambda gets it as an environment variable, `<WHAT>_NAME`. */
  readonly parameterName: string;

  private isRead = false;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stack = DomainStack.of(this);
    if (!KEBAB_CASE.test(id)) addFinding(this, `the secret's name is "${id}"; write lower-case letters, digits and single "-": mailer-key`);
    const parameter = secretParameter(stack.identity, id);
    this.parameterName = checkedName(this, { kind: "SSM parameter", name: parameter, account: stack.environment.account });
    stack.secrets.push({ name: id, parameter });
    this.node.addValidation({ validate: () => (this.isRead ? [] : ["is read by no lambda; call grantRead, or remove it"]) });
  }

  /** Lets a lambda read this secret and no other. */
  grantRead(lambda: NodejsFunction): void {
    this.isRead = true;
    // The key, aws/ssm, lets everybody of the account decrypt by way of SSM. What keeps a secret is who may call ssm:GetParameter
    // on it. https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-restrict-decryption.html
    lambda.allow(["ssm:GetParameter"], DomainStack.of(this).arnOf("ssm", `parameter${this.parameterName}`));
  }
}
