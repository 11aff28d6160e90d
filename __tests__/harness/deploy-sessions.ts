import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { SSM } from "@aws-sdk/client-ssm";
import { type Credentials, STS } from "@aws-sdk/client-sts";
import config from "../../project.config";
import { claimsOf, signedToken } from "../../scripts/local/deploy-session";
import { type DeployPhase, deployedIdentity, deployRole } from "../../shared/naming";
import { loadProject } from "../../shared/stack/config";
import { trustedClaims } from "../../shared/stack/deployer";
import { runningSystem } from "./running-system";

/** Sessions of the deploy roles of the running system, for calls that a deployment does not make. */

const project = loadProject(config);
const { run, settings, stacks } = runningSystem();
const account = settings.credentials.accessKeyId;

function stackOf(domain: string) {
  const stack = stacks.find((each) => each.domain === domain);
  if (!stack) throw new Error(`The artifact has no domain "${domain}".`);
  return stack;
}

interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

function clientsWith(credentials: SessionCredentials) {
  const own = { ...settings, credentials };
  return { iam: new IAM(own), lambda: new Lambda(own), s3: new S3({ ...own, forcePathStyle: true }), sqs: new SQS(own), ssm: new SSM(own) };
}

export type Clients = ReturnType<typeof clientsWith>;

/** The administrator of the account. */
export const administrator = clientsWith(settings.credentials);

/** A session of a deploy role of a domain. */
export async function clientsOf(domain: string, phase: DeployPhase): Promise<Clients> {
  return clientsWith(await exchange(phase, claimsFor(phase, domain), { domain }));
}

/** A role that the administrator may use, such as one with the policy of another configuration. */
export async function clientsOfRole(RoleArn: string): Promise<Clients> {
  return clientsWith(sessionOf((await new STS(settings).assumeRole({ RoleArn, RoleSessionName: "test" })).Credentials));
}

/** The claims with which a workflow or a run uses a role of a domain. */
export function claimsFor(phase: DeployPhase, domain = "orders"): Record<string, string> {
  const [trusted] = trustedClaims(project, deployedIdentity(stackOf(domain)), phase);
  if (!trusted) throw new Error("Nobody can use the role.");
  return claimsOf(trusted);
}

/**
 * Asks for the credentials of a role with a token.
 * @param secret with which the token is signed; by default, the one of the local AWS
 */
export async function exchange(
  phase: DeployPhase,
  claims: Record<string, string>,
  { domain = "orders", secret = run.secretAccessKey ?? "" } = {},
): Promise<SessionCredentials> {
  const { Credentials } = await new STS(settings).assumeRoleWithWebIdentity({
    RoleArn: `arn:aws:iam::${account}:${deployRole(deployedIdentity(stackOf(domain)), phase)}`,
    // Not the name that deployments have: their calls are judged by themselves.
    RoleSessionName: "test",
    WebIdentityToken: signedToken(claims, secret),
  });
  return sessionOf(Credentials);
}

function sessionOf({ AccessKeyId = "", SecretAccessKey = "", SessionToken }: Partial<Credentials> = {}): SessionCredentials {
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}
