import { parseJson } from "../cli/json";
import { runProcess } from "../cli/process";
import { TERRAFORM, terraformEnvironment } from "./provider";

/** A problem that Terraform reports in its JSON output. */
export interface Diagnostic {
  summary: string;
  detail: string;
  /** The resource that has the problem. */
  address?: string;
}

/** A Terraform command failed. The message consists of Terraform's own messages. */
export class TerraformError extends Error {
  constructor(readonly diagnostics: Diagnostic[]) {
    const texts = diagnostics.map(({ summary, detail, address }) => `${summary}${address ? ` (${address})` : ""}\n${detail}`.trim());
    super(texts.join("\n"));
  }
}

/** Runs Terraform commands in the folders of stacks. */
export class Terraform {
  private readonly environment: NodeJS.ProcessEnv;

  /**
   * @param variables environment variables for Terraform, beside those of this process
   * @param signal when aborted, the running command gets SIGINT: Terraform finishes the current operations, writes its state
   * and releases its lock. No further command starts.
   * @throws UserError when Terraform is missing or too old, or when the AWS provider cannot be found or downloaded
   */
  constructor(
    variables: Record<string, string> = {},
    private readonly signal?: AbortSignal,
  ) {
    this.environment = { ...terraformEnvironment(), TF_IN_AUTOMATION: "1", ...variables };
  }

  /** @throws TerraformError */
  async init(folder: string, ...options: string[]): Promise<void> {
    const { exitCode, stderr } = await this.run(folder, ["init", "-input=false", "-no-color", ...options]);
    if (exitCode !== 0) throw new TerraformError([{ summary: "terraform init failed", detail: stderr }]);
  }

  /** @throws TerraformError with all problems in the folder */
  async validate(folder: string): Promise<void> {
    const { stdout, stderr } = await this.run(folder, ["validate", "-json"]);
    const withoutJson = [{ summary: "terraform validate failed", detail: stderr }];
    const { valid = false, diagnostics = withoutJson } = parseJson(stdout) ?? {};
    if (!valid) throw new TerraformError(diagnostics as Diagnostic[]);
  }

  /**
   * Plans and applies.
   * @param onProgress called with the number of changed resources and the number of planned changes. The plan is read line
   * by line, so that the second number grows at the beginning.
   * @returns the number of resources that were changed
   * @throws TerraformError
   */
  async apply(folder: string, onProgress = (_changed: number, _planned: number) => {}): Promise<number> {
    const diagnostics: Diagnostic[] = [];
    const planned = new Set<string>();
    const changed = new Set<string>();
    const onLine = (line: string) => {
      const { type, diagnostic, change, hook } = parseJson(line) ?? {};
      // Terraform reports data sources, such as contracts and policy documents, as changes with the action "read".
      if (type === "planned_change" && change.action !== "read") planned.add(change.resource.addr);
      if (type === "apply_complete" && hook.action !== "read") changed.add(hook.resource.addr);
      if (type === "diagnostic" && diagnostic.severity === "error") diagnostics.push(diagnostic);
      onProgress(changed.size, planned.size);
    };
    const args = ["apply", "-auto-approve", "-input=false", "-lock-timeout=60s", "-json"];
    const { exitCode, stderr } = await this.run(folder, args, onLine);
    if (exitCode !== 0) {
      throw new TerraformError(diagnostics.length > 0 ? diagnostics : [{ summary: "terraform apply failed", detail: stderr }]);
    }
    return changed.size;
  }

  /** The outputs of the deployed stack, by name. */
  async outputs(folder: string): Promise<Record<string, string>> {
    const { stdout } = await this.run(folder, ["output", "-json"]);
    const outputs: Record<string, { value: string }> = parseJson(stdout) ?? {};
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  private async run(cwd: string, args: string[], onLine?: (line: string) => void) {
    this.signal?.throwIfAborted();
    const result = await runProcess(TERRAFORM, args, { cwd, env: this.environment, onLine, signal: this.signal });
    this.signal?.throwIfAborted();
    return result;
  }
}
