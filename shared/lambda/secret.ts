import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { KEBAB_CASE, KEBAB_CASE_RULE, secretParameter } from "../naming";
import { addFinding } from "../stack/findings";
import { deployedId, type FormerId, keepFormerId } from "../stack/former-ids";
import { checkedName } from "../stack/name-limits";
import type { NodejsFunction } from "./nodejs-function";

/**
 * A secret of the domain: an SSM parameter of the type SecureString, whose value `npm run secret` sets.
 * Terraform neither creates nor reads the parameter, because either would write the value into the state.
 * A secret that no lambda reads is a finding.
 *
 * @example
 * const mailerKey = new Secret(this, "mailer-key");
 * const sendReceipt = new NodejsFunction<SendReceiptVariables>(this, "send-receipt", {
 *   environment: { MAILER_KEY_NAME: mailerKey.parameterName },
 * });
 * mailerKey.grantRead(sendReceipt);
 */
export class Secret extends Construct {
  /** The name of the SSM parameter. A lambda gets it as an environment variable such as `MAILER_KEY_NAME`. */
  readonly parameterName: string;

  private isRead = false;

  /**
   * @param id the secret's name for `npm run secret`, in kebab-case: `mailer-key`
   */
  constructor(scope: Construct, id: string, props: FormerId = {}) {
    super(scope, id);
    keepFormerId(this, props);
    const stack = DomainStack.of(this);
    if (!KEBAB_CASE.test(id)) {
      addFinding(
        this,
        `the secret's name is "${id}", but a name must consist of ${KEBAB_CASE_RULE}. Rename it, for instance to mailer-key.`,
      );
    }
    const parameter = secretParameter(stack.identity, deployedId(this));
    this.parameterName = checkedName(this, { kind: "SSM parameter", name: parameter, account: stack.environment.account });
    stack.secrets.push({ name: id, parameter });
    this.node.addValidation({ validate: () => this.problems() });
  }

  /** Allows a lambda to read this secret, and no other. */
  grantRead(lambda: NodejsFunction): void {
    this.isRead = true;
    // Everyone in the account may decrypt with the key aws/ssm through SSM. The permission ssm:GetParameter protects the value.
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-restrict-decryption.html
    lambda.allow(["ssm:GetParameter"], DomainStack.of(this).arnOf("ssm", `parameter${this.parameterName}`));
  }

  private problems(): string[] {
    if (this.isRead) return [];
    return ["no lambda reads this secret. Call grantRead with the lambda that needs it, or remove the secret."];
  }
}
