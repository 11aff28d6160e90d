import { Token } from "cdktf";
import type { Construct } from "constructs";
import { addFinding } from "../stack/findings";

/** AWS's limit of all variables together. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LONGEST = 4096;

const SECRET_NAME = /(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i;
const SECRET_VALUE = /\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bgh[pousr]_\w{36}|\bxox[abpr]-\w{10}/;

/** Finds variables that AWS would refuse, and values that would lie open in the state and the console. */
export function checkEnvironmentVariables(scope: Construct, variables: Record<string, string>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(variables)) {
    bytes += Buffer.byteLength(name);
    // A value that only Terraform knows (a token) has no length yet.
    if (!Token.isUnresolved(value)) bytes += Buffer.byteLength(value);
    if (SECRET_NAME.test(name) || SECRET_VALUE.test(value)) {
      const fix = `make it a Secret (shared/lambda/secret.ts) and give the lambda its name (${name}_NAME)`;
      addFinding(scope, `the environment variable ${name} looks like a secret, and every reader of the state would see it; ${fix}`);
    }
  }
  if (bytes > LONGEST) {
    const fix = "keep what is long in a file beside the handler or in SSM";
    addFinding(scope, `the environment variables take ${bytes} bytes, and AWS allows ${LONGEST} together; ${fix}`);
  }
}
