import { Token } from "cdktf";
import type { Construct } from "constructs";
import { addFinding } from "../stack/findings";
import { containsSecret } from "../stack/secret-text";

/**
 * The largest total size of a function's environment variables, names and values together, in bytes.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_BYTES = 4096;

/** A name that suggests a secret value, such as `API_KEY`. `API_KEY_NAME` does not match, because it holds only the name of a secret. */
const SECRET_NAME = /(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i;

/** Adds a finding for each variable that exposes a secret, and one if AWS would reject the variables because of their size. */
export function checkEnvironmentVariables(scope: Construct, variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (!SECRET_NAME.test(name) && !containsSecret(value)) continue;
    const rule = "everyone who can read the Terraform state or the Lambda console would see its value";
    const fix = `Make it a Secret (shared/lambda/secret.ts) and give the lambda the name of that secret in ${name}_NAME`;
    addFinding(scope, `the environment variable ${name} looks like a secret, and ${rule}. ${fix}.`);
  }
  const size = sizeInBytes(variables);
  if (size > MAX_BYTES) {
    const fix = "Move long values into a module that the handler imports";
    addFinding(scope, `the environment variables are ${size} bytes long, but AWS allows ${MAX_BYTES} bytes for all of them. ${fix}.`);
  }
}

/** The size of all names and values. A value that is known only when Terraform runs (a token) counts as empty. */
function sizeInBytes(variables: Record<string, string>): number {
  const texts = Object.entries(variables).flatMap(([name, value]) => (Token.isUnresolved(value) ? [name] : [name, value]));
  return Buffer.byteLength(texts.join(""));
}
