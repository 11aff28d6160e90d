import type { DeployPhase, StackIdentity } from "../naming";
import { stackId, workspaceName } from "../naming";
import { type Environment, type Project, runsOnServer } from "./config";

/**
 * Who deploys, and how AWS recognizes them: the tokens with which GitHub Actions and HCP Terraform ask for credentials. The trust
 * policies of the deploy roles are made of these claims.
 */

/** What a token says about its owner, by the name of the claim. Several values are alternatives: the token has one of them. */
export type Claims = Record<string, string[]>;

/** A service whose tokens AWS accepts. */
export interface TokenIssuer {
  /** The address without "https://". It is part of the ARN of the provider, and of condition keys. */
  host: string;
  /** The id of the construct of the OIDC provider. */
  id: string;
  audience: string;
}

/** @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws */
export const GITHUB: TokenIssuer = { host: "token.actions.githubusercontent.com", id: "github", audience: "sts.amazonaws.com" };

/** The workflow that deploys. It must be the one on the main branch, except for the plans of pull requests. */
export const PIPELINE_FILE = ".github/workflows/pipeline.yml";

/** The project of an organization in HCP Terraform if none is chosen. */
const DEFAULT_PROJECT = "Default Project";

/**
 * HCP Terraform, or another server with its protocol.
 * @see https://developer.hashicorp.com/terraform/cloud-docs/dynamic-provider-credentials/aws-configuration
 */
export function hcpIssuer(hostname: string): TokenIssuer {
  return { host: hostname, id: "hcp-terraform", audience: "aws.workload.identity" };
}

/** The services whose tokens AWS accepts in the accounts of a project. */
export function tokenIssuers({ github, state }: Pick<Project, "github" | "state">): TokenIssuer[] {
  return [...(github ? [GITHUB] : []), ...(runsOnServer(state) ? [hcpIssuer(state.hostname)] : [])];
}

/** Whether a project has deploy roles. Without a service that can use them, people deploy with their own credentials. */
export function hasDeployRoles(project: Pick<Project, "github" | "state">): boolean {
  return tokenIssuers(project).length > 0;
}

/** The GitHub environment of a stack: `orders-int`. That of its plans, which waits for no approval, is `orders-int-plan`. */
export function githubEnvironments(identity: StackIdentity, phase: DeployPhase): string[] {
  const environment = stackId(identity);
  return phase === "plan" ? [environment, `${environment}-plan`] : [environment];
}

/**
 * The claims that a token must have to use a deploy role, by the service that issues it. Each service is one alternative. A role that
 * nobody can use has none, and does not exist.
 */
export function trustedClaims(project: Project, identity: StackIdentity, phase: DeployPhase): { issuer: TokenIssuer; claims: Claims }[] {
  const { github, state } = project;
  const remote = runsOnServer(state);
  const trusted: { issuer: TokenIssuer; claims: Claims }[] = [];
  // Where HCP Terraform applies, no workflow needs the right to. A workflow plans in either case: it compares with what is deployed.
  if (github && !(remote && phase === "apply")) trusted.push({ issuer: GITHUB, claims: githubClaims(project, github, identity, phase) });
  if (remote && phase !== "smoke") {
    const inProject = `organization:${state.organization}:project:${state.project ?? DEFAULT_PROJECT}`;
    const sub = [`${inProject}:workspace:${workspaceName(identity)}:run_phase:${phase}`];
    trusted.push({ issuer: hcpIssuer(state.hostname), claims: { sub } });
  }
  return trusted;
}

/**
 * The subject has two forms: repositories made since July 2026 have ids in it. Such a repository cannot be imitated by another one that
 * takes over its name, and the claim `repository_id` says the same of the older ones.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
function githubClaims(project: Project, github: NonNullable<Project["github"]>, identity: StackIdentity, phase: DeployPhase): Claims {
  const { repository } = project;
  const [owner, name] = repository.split("/");
  const withIds = `${owner}@${github.ownerId}/${name}@${github.repositoryId}`;
  const environments = githubEnvironments(identity, phase);
  const sub = [repository, withIds].flatMap((each) => environments.map((environment) => `repo:${each}:environment:${environment}`));
  const claims: Claims = { sub, repository_id: [github.repositoryId] };
  if (phase === "plan" && isFirst(project, identity.environment)) return claims;
  const ref = `refs/heads/${github.mainBranch}`;
  return { ...claims, ref: [ref], job_workflow_ref: [`${repository}/${PIPELINE_FILE}@${ref}`] };
}

/**
 * Whether pull requests plan in an environment: in the first one only. Their branch and their workflow file are the author's, so that the
 * plan role there trusts whoever may push a branch.
 */
export function isFirst({ environments }: Pick<Project, "environments">, environment: Environment["name"]): boolean {
  return environments[0]?.name === environment;
}
