import { STS } from "@aws-sdk/client-sts";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";

/**
 * Checks that the AWS credentials of this shell belong to the account of a stack.
 * @throws UserError when they belong to another account, or are missing or invalid
 */
export async function checkAccount({ stack, account, region }: Stack): Promise<void> {
  const fix = [
    `Nothing was changed. Set credentials of account ${account}.`,
    `For the local AWS, use: (eval "$(npm run -s local:env)" && npm run …)`,
  ].join(" ");
  const identity = await new STS({ region }).getCallerIdentity({}).catch((error: Error) => {
    throw new UserError(`AWS rejected your credentials: ${error.message}. ${fix}`);
  });
  if (identity.Account !== account)
    throw new UserError(`${stack} is in account ${account}, but your credentials belong to account ${identity.Account}. ${fix}`);
}
