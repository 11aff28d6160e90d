import { LocalBackend, type TerraformStack } from "cdktf";

/**
 * Where a stack's state lives: one state for each domain and environment. Paths are relative to
 * the stack's folder in the artifact (`cdktf.out/stacks/<stack>`), so that the artifact is the
 * same on every machine.
 */
export function addBackend(stack: TerraformStack): void {
  new LocalBackend(stack, {
    path: `../../../.state/${stack.node.id}.tfstate`,
    // Named workspaces (TF_WORKSPACE) keep apart what is applied elsewhere than in the real account.
    workspaceDir: `../../../.state/${stack.node.id}`,
  });
}
