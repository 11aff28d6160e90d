import { LocalBackend } from "cdktf";
import type { EnvironmentStack } from "./environment-stack";
import { checkedName } from "./names";

/**
 * Where a stack's state lives: one state and one workspace name for each domain and environment.
 * Paths are relative to the stack's folder in the artifact (`cdktf.out/stacks/<stack>`), so that
 * the artifact is the same on every machine.
 */
export function addBackend(stack: EnvironmentStack): void {
  checkedName(stack, "HCP Terraform workspace", "", stack.namePrefix);
  new LocalBackend(stack, {
    path: `../../../.state/${stack.node.id}.tfstate`,
    // Named workspaces (TF_WORKSPACE) keep apart what is applied elsewhere than in the real account.
    workspaceDir: `../../../.state/${stack.node.id}`,
  });
}
