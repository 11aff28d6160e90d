/**
 * How programs reach an account of the local AWS. MiniStack takes the access key id of a request as the id of the account,
 * and accepts any secret access key.
 */

import { LOCAL_MARK } from "../aws/shell";

interface Endpoint {
  endpoint: string;
}

interface Account {
  account: string;
  region: string;
}

const SECRET_ACCESS_KEY = "local";

/** Settings for a client of the AWS SDK. */
export function clientSettings({ endpoint }: Endpoint, { account, region }: Account) {
  return { endpoint, region, credentials: { accessKeyId: account, secretAccessKey: SECRET_ACCESS_KEY } };
}

/** The same settings as environment variables, for Terraform and for every program that uses an AWS SDK. */
export function clientVariables({ endpoint }: Endpoint, { account, region }: Account): Record<string, string> {
  return {
    [LOCAL_MARK]: "true",
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_REGION: region,
  };
}

/** The header that directs an unsigned HTTP request to an account. Without it, MiniStack uses its default account. */
export function accountHeader({ account }: Pick<Account, "account">): Record<string, string> {
  return { authorization: `AWS4-HMAC-SHA256 Credential=${account}/` };
}
