import { LocalBackend, type TerraformStack } from "cdktf";
import type { Project } from "./config";

/**
 * Sets the Terraform backend of a stack, as `state` in `project.config.ts` says. Every stack has a state of its own.
 * @throws Error when a kind of state that the configuration allows has no backend here
 */
export function addBackend(stack: TerraformStack, { kind }: Project["state"]): void {
  switch (kind) {
    case "local":
      addLocalBackend(stack);
      return;
    default:
      throw new Error(`shared/stack/state.ts has no backend for state.kind "${kind satisfies never}".`);
  }
}

/**
 * The folder `.state` of the clone. The paths are relative to the stack's folder in the artifact, `cdktf.out/stacks/<stack>`,
 * because the artifact must be the same on every machine.
 */
function addLocalBackend(stack: TerraformStack): void {
  new LocalBackend(stack, {
    path: `../../../.state/${stack.node.id}.tfstate`,
    // Terraform keeps the states of named workspaces (TF_WORKSPACE) here. Commands use one to deploy to another AWS than the
    // environment's account, such as the local AWS, so that the two states stay separate.
    workspaceDir: `../../../.state/${stack.node.id}`,
  });
}
