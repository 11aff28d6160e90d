import { STS } from "@aws-sdk/client-sts";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";

/** @throws UserError when the credentials of this shell are of another account than the stack's, or of none */
export async function checkAccount({ stack, account, region }: Stack): Promise<void> {
  const fix = `Nothing was changed. Set credentials of account ${account}, or for the local AWS: (eval "$(npm run -s local:env)" && …)`;
  const identity = await new STS({ region }).getCallerIdentity({}).catch((error: Error) => {
    throw new UserError(`AWS does not know your credentials: ${error.message}. ${fix}`);
  });
  if (identity.Account !== account)
    throw new UserError(`${stack} is in account ${account}, and your credentials are of ${identity.Account}. ${fix}`);
}
