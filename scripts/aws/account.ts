import { STS } from "@aws-sdk/client-sts";
import { UserError } from "../../shared/errors";
import { isSampleAccount } from "../../shared/stack/config";
import type { Stack } from "../artifact/artifact";
import { printableLine } from "../cli/printable";
import { checkShell, LOCAL_MARK } from "./shell";

const LOCAL_SHELL = `For the local AWS, use: (eval "$(npm run -s local:env || echo false)" && npm run …)`;

/**
 * Checks that the AWS credentials of this shell belong to the account of a stack, and prints what the command is about to reach:
 * the account, the region and the caller, and also the endpoint and the Terraform workspace if the shell sets them.
 * @throws UserError when the account is the template's, when the credentials belong to another account, or are missing or invalid, or when the shell's settings
 * contradict each other
 */
export async function checkAccount({ stack, account, region }: Pick<Stack, "stack" | "account" | "region">): Promise<void> {
  checkShell();
  if (isSampleAccount(account) && !process.env[LOCAL_MARK]) {
    const fix = "It belongs to somebody else. Write the numbers of your own accounts into project.config.ts";
    throw new UserError(`${stack} is in account ${account}, which is the template's. ${fix}. Nothing was changed. ${LOCAL_SHELL}`);
  }
  const fix = `Nothing was changed. Set credentials of account ${account}. ${LOCAL_SHELL}`;
  const identity = await new STS({ region }).getCallerIdentity({}).catch((error: Error) => {
    throw new UserError(`AWS rejected your credentials: ${error.message}. ${fix}`);
  });
  if (identity.Account !== account)
    throw new UserError(`${stack} is in account ${account}, but your credentials belong to account ${identity.Account}. ${fix}`);
  const { AWS_ENDPOINT_URL: endpoint, TF_WORKSPACE: workspace } = process.env;
  const target = [`Account ${account}`, region, `as ${identity.Arn}`];
  if (endpoint) target.push(`at ${endpoint}`);
  if (workspace) target.push(`Terraform workspace ${workspace}`);
  // Not among the output of a command, which can be JSON.
  process.stderr.write(`${printableLine(target.join(", "))}\n`);
}
