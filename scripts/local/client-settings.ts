/**
 * How programs reach an account of the local AWS, as its root user. The access key id is the id of the account. The secret access
 * key is the one of the run.
 */

import { LOCAL_MARK } from "../aws/shell";

interface Endpoint {
  endpoint: string;
  /** @default "local", for an emulator that accepts any */
  secretAccessKey?: string;
}

interface Account {
  account: string;
  region: string;
}

const ANY_SECRET = "local";

/** Settings for a client of the AWS SDK. */
export function clientSettings({ endpoint, secretAccessKey = ANY_SECRET }: Endpoint, { account, region }: Account) {
  return { endpoint, region, credentials: { accessKeyId: account, secretAccessKey } };
}

/** The same settings as environment variables, for Terraform and for every program that uses an AWS SDK. */
export function clientVariables(
  { endpoint, secretAccessKey = ANY_SECRET }: Endpoint,
  { account, region }: Account,
): Record<string, string> {
  return {
    [LOCAL_MARK]: "true",
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    // Version 1 of the AWS CLI reads only this one.
    AWS_DEFAULT_REGION: region,
  };
}

/**
 * The headers that direct an unsigned HTTP request to an account. A local AWS that `npm run local` started needs none: there, such
 * a request goes to the account of the entry domain. Another MiniStack has a default account of its own.
 */
export function accountHeaders({ pid }: { pid?: number }, { account }: Pick<Account, "account">): Record<string, string> {
  return pid !== undefined ? {} : { authorization: `AWS4-HMAC-SHA256 Credential=${account}/` };
}
