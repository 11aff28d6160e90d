import { DataTfeProject } from "@cdktf/provider-tfe/lib/data-tfe-project";
import { TfeProvider } from "@cdktf/provider-tfe/lib/provider";
import { Variable } from "@cdktf/provider-tfe/lib/variable";
import { Workspace } from "@cdktf/provider-tfe/lib/workspace";
import { WorkspaceSettings } from "@cdktf/provider-tfe/lib/workspace-settings";
import { type App, TerraformStack } from "cdktf";
import { DomainStack } from "../domain-stack";
import { deployRole, WORKSPACES_STACK, workspaceName } from "../naming";
import type { HcpState, Project } from "../stack/config";
import { addCloudBackend, addS3Backend } from "../stack/state";
import { TERRAFORM_VERSIONS } from "../stack/terraform-versions";
import { Access } from "./access";

/**
 * The stack `workspaces`: the workspaces of HCP Terraform in which all other stacks of the app have their state, and run. It exists only
 * with the state `hcp`, and belongs to no environment.
 */
export class Workspaces extends TerraformStack {
  private readonly projectId: string | undefined;

  /** @param app has all other stacks already */
  constructor(
    app: App,
    private readonly project: Project,
    private readonly state: HcpState,
  ) {
    super(app, WORKSPACES_STACK);
    const { organization, hostname } = state;
    // The provider has its token from Terraform's login, or from the variable TFE_TOKEN.
    new TfeProvider(this, "tfe", { organization, hostname });
    this.addOverride("terraform.required_providers.tfe.version", "~> 0.71");
    this.addOwnBackend();
    this.projectId = state.project && new DataTfeProject(this, "project", { name: state.project }).id;
    for (const stack of app.node.children.filter((child) => child instanceof DomainStack)) this.addWorkspace(stack);
  }

  private addOwnBackend(): void {
    const { project, state } = this;
    const [first] = project.environments;
    if (state.workspacesState === "s3" && first) addS3Backend(this, { project, environment: first, domain: WORKSPACES_STACK }, undefined);
    else addCloudBackend(this, state, `${project.name}-${WORKSPACES_STACK}`);
  }

  private addWorkspace(stack: DomainStack): void {
    const { project, domain, environment } = stack.identity;
    const id = stack.deployedStack;
    const workspace = new Workspace(this, id, {
      name: workspaceName(stack.identity),
      description: `The stack ${id} of ${this.project.repository}`,
      projectId: this.projectId,
      terraformVersion: TERRAFORM_VERSIONS,
      tagNames: [project, domain, environment],
      tags: this.state.keyValueTags ? { project, domain, environment } : undefined,
      // A person or a pipeline applies what was reviewed.
      autoApply: false,
      // Stacks exchange values by contracts only.
      globalRemoteState: false,
      // A workspace that has resources outlives the removal of its domain. Otherwise nothing would know these resources any more.
      forceDelete: false,
    });
    // An administrator applies the stack that says who is trusted, with credentials of their own.
    const execution = stack instanceof Access ? "local" : this.state.execution;
    new WorkspaceSettings(this, `${id}-settings`, { workspaceId: workspace.id, executionMode: execution });
    if (execution === "remote") this.addCredentials(stack, workspace);
  }

  /**
   * The variables with which HCP Terraform gets AWS credentials for each run, of the role for planning or of the role for applying.
   * @see https://developer.hashicorp.com/terraform/cloud-docs/dynamic-provider-credentials/aws-configuration
   */
  private addCredentials(stack: DomainStack, { id: workspaceId }: Workspace): void {
    const roleArn = (phase: "plan" | "apply") => stack.arnOf("iam", deployRole(stack.identity, phase));
    const variables = { TFC_AWS_PROVIDER_AUTH: "true", TFC_AWS_PLAN_ROLE_ARN: roleArn("plan"), TFC_AWS_APPLY_ROLE_ARN: roleArn("apply") };
    for (const [key, value] of Object.entries(variables)) {
      new Variable(this, `${stack.deployedStack}-${key}`, { workspaceId, category: "env", key, value });
    }
  }
}
