import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import type { clientSettings } from "../../scripts/local/client-settings";

const TRUST = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

/** Creates a lambda with this code, and a role for it. @returns the client that invokes it */
export async function createLambda(settings: ReturnType<typeof clientSettings>, name: string, code: string): Promise<Lambda> {
  const { Role } = await new IAM(settings).createRole({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(TRUST) });
  const lambda = new Lambda(settings);
  const ZipFile = zipSync({ "index.js": strToU8(code) });
  await lambda.createFunction({ FunctionName: name, Role: Role?.Arn, Handler: "index.handler", Runtime: "nodejs22.x", Code: { ZipFile } });
  return lambda;
}
