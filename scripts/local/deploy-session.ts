import { createHmac } from "node:crypto";
import { STS } from "@aws-sdk/client-sts";
import { UserError } from "../../shared/errors";
import { ACCESS, type DeployPhase, deployedIdentity, deployRole, FOUNDATION, stackId } from "../../shared/naming";
import type { Project } from "../../shared/stack/config";
import { type Claims, type TokenIssuer, trustedClaims } from "../../shared/stack/deployer";
import type { Stack } from "../artifact/artifact";
import { clientSettings } from "./client-settings";
import type { LocalRun } from "./run";

/** How long a token is valid. It is exchanged for credentials at once. */
const TOKEN_SECONDS = 300;

/**
 * Credentials of a deploy role in the local AWS, as variables for Terraform. They are got as on AWS: by a token with the claims that
 * GitHub Actions or HCP Terraform would have. The secret of the run signs it, because their keys are not on this machine.
 * @throws UserError when the role does not exist or does not trust the token
 */
export async function deploySession(run: LocalRun, project: Project, stack: Stack, phase: DeployPhase): Promise<Record<string, string>> {
  const { account } = stack;
  const identity = deployedIdentity(stack);
  const role = deployRole(identity, phase);
  const [trusted] = trustedClaims(project, identity, phase);
  if (!trusted) throw new Error(`Nobody can use the role ${role}.`);
  const request = {
    RoleArn: `arn:aws:iam::${account}:${role}`,
    RoleSessionName: "local",
    WebIdentityToken: signedToken(claimsOf(trusted), run.secretAccessKey ?? ""),
  };
  const { Credentials } = await new STS(clientSettings(run, stack)).assumeRoleWithWebIdentity(request).catch((error: Error) => {
    const owner = stackId({ domain: stack.domain === FOUNDATION ? ACCESS : FOUNDATION, environment: stack.environment });
    throw new UserError(`The local AWS gives no credentials for the ${role}: ${error.message}. A deployment of ${owner} makes this role.`);
  });
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
  return { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: SessionToken };
}

/** Settings for a client of the AWS SDK with the credentials of a {@link deploySession}, or with those of the root user if there are none. */
export function sessionSettings(run: LocalRun, stack: Stack, variables: Record<string, string>) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey = "", AWS_SESSION_TOKEN: sessionToken } = variables;
  const settings = clientSettings(run, stack);
  return accessKeyId === undefined ? settings : { ...settings, credentials: { accessKeyId, secretAccessKey, sessionToken } };
}

/** One token that the trust policy accepts: with the first of the alternatives of each claim. */
export function claimsOf({ issuer, claims }: { issuer: TokenIssuer; claims: Claims }): Record<string, string> {
  const chosen = Object.entries(claims).map(([claim, [value = ""]]) => [claim, value]);
  return { iss: `https://${issuer.host}`, aud: issuer.audience, ...Object.fromEntries(chosen) };
}

/** A token in the form that the local AWS accepts (`emulator/credentials.py`). */
export function signedToken(claims: Record<string, string>, secret: string): string {
  const now = Math.floor(Date.now() / 1000);
  const parts = [
    { alg: "HS256", typ: "JWT" },
    { iat: now, exp: now + TOKEN_SECONDS, ...claims },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signed = parts.join(".");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
