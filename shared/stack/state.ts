import { CloudBackend, LocalBackend, NamedCloudWorkspace, S3Backend, type TerraformStack } from "cdktf";
import { kmsAliasArn, stackId, stateBucket, stateFile, stateKey, workspaceName } from "../naming";
import type { Environment, HcpState, Project } from "./config";

/** The stack that gets a backend: one domain in one environment. */
interface StatefulStack {
  project: Pick<Project, "name" | "region" | "state">;
  environment: Pick<Environment, "name" | "account">;
  /** The domain's name when it was first deployed. */
  domain: string;
}

/**
 * Sets the Terraform backend of a stack, as `state` in `project.config.ts` says. Every stack has a state of its own.
 * @throws Error when a kind of state that the configuration allows has no backend here
 */
export function addBackend(stack: TerraformStack, owner: StatefulStack): void {
  const { state } = owner.project;
  switch (state.kind) {
    case "local":
      addLocalBackend(stack, owner);
      return;
    case "s3":
      addS3Backend(stack, owner, state.kmsKeyAlias);
      return;
    case "hcp":
      addCloudBackend(stack, state, workspaceName({ ...owner, project: owner.project.name, environment: owner.environment.name }));
      return;
    default:
      throw new Error(`shared/stack/state.ts has no backend for state.kind "${(state as Project["state"]).kind}".`);
  }
}

/**
 * The folder `.state` of the clone. The paths are relative to the stack's folder in the artifact, `cdktf.out/stacks/<stack>`,
 * because the artifact must be the same on every machine.
 */
function addLocalBackend(stack: TerraformStack, { domain, environment }: StatefulStack): void {
  const id = stackId({ domain, environment: environment.name });
  new LocalBackend(stack, {
    path: `../../../${stateFile(id)}`,
    // Terraform keeps the states of named workspaces (TF_WORKSPACE) here. Commands use one to deploy to another AWS than the
    // environment's account, such as the local AWS, so that the two states stay separate.
    workspaceDir: `../../../.state/${id}`,
  });
}

/** The bucket of the environment. Terraform locks a state with an object beside it, so that no table is needed. */
export function addS3Backend(
  stack: TerraformStack,
  { project, environment, domain }: StatefulStack,
  kmsKeyAlias: string | undefined,
): void {
  const { account } = environment;
  const backend = new S3Backend(stack, {
    bucket: stateBucket({ project: project.name, environment: environment.name, account }),
    key: stateKey(domain),
    region: project.region,
    encrypt: true,
    kmsKeyId: kmsKeyAlias && kmsAliasArn({ region: project.region, account }, kmsKeyAlias),
    // With credentials of another account, Terraform stops before it reads anything.
    allowedAccountIds: [account],
  });
  backend.addOverride("use_lockfile", true);
}

/** A workspace of HCP Terraform. The token is nowhere in the artifact: Terraform has it from its login or from a variable. */
export function addCloudBackend(stack: TerraformStack, { organization, hostname }: HcpState, workspace: string): void {
  new CloudBackend(stack, { organization, hostname, workspaces: new NamedCloudWorkspace(workspace) });
}
