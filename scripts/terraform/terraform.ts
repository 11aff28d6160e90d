import { parseJson } from "../cli/json";
import { runProcess } from "../cli/process";
import { TERRAFORM, terraformEnvironment } from "./provider";

/** What Terraform says is wrong. */
export interface Diagnostic {
  summary: string;
  detail: string;
  address?: string;
}

/** Terraform did not do what was asked. Its message is Terraform's own. */
export class TerraformError extends Error {
  constructor(readonly diagnostics: Diagnostic[]) {
    const texts = diagnostics.map(({ summary, detail, address }) => `${summary}${address ? ` (${address})` : ""}\n${detail}`.trim());
    super(texts.join("\n"));
  }
}

/** Runs Terraform in folders. */
export class Terraform {
  private readonly environment: NodeJS.ProcessEnv;

  /** @throws UserError when Terraform is missing or too old, or has no provider */
  constructor(
    variables: Record<string, string> = {},
    /** Asks what runs to stop: Terraform finishes what it is at, writes its state and frees its lock. */
    private readonly signal?: AbortSignal,
  ) {
    this.environment = { ...terraformEnvironment(), TF_IN_AUTOMATION: "1", ...variables };
  }

  /** @throws TerraformError */
  async init(folder: string, ...options: string[]): Promise<void> {
    const { exitCode, stderr } = await this.run(folder, ["init", "-input=false", "-no-color", ...options]);
    if (exitCode !== 0) throw new TerraformError([{ summary: "terraform init failed", detail: stderr }]);
  }

  /** @throws TerraformError with all problems of the folder */
  async validate(folder: string): Promise<void> {
    const { stdout, stderr } = await this.run(folder, ["validate", "-json"]);
    const unknown = [{ summary: "terraform validate failed", detail: stderr }];
    const { valid = false, diagnostics = unknown } = parseJson(stdout) ?? {};
    if (!valid) throw new TerraformError(diagnostics as Diagnostic[]);
  }

  /**
   * Plans and applies, and tells how far it is.
   * @returns how many resources were changed
   * @throws TerraformError
   */
  async apply(folder: string, onProgress = (_done: number, _planned: number) => {}): Promise<number> {
    const diagnostics: Diagnostic[] = [];
    const [planned, done] = [new Set<string>(), new Set<string>()];
    const onLine = (line: string) => {
      const { type, diagnostic, change, hook } = parseJson(line) ?? {};
      // Contracts and policy documents are read in the same way as resources are made.
      if (type === "planned_change" && change.action !== "read") planned.add(change.resource.addr);
      if (type === "apply_complete" && hook.action !== "read") done.add(hook.resource.addr);
      if (type === "diagnostic" && diagnostic.severity === "error") diagnostics.push(diagnostic);
      onProgress(done.size, planned.size);
    };
    const { exitCode, stderr } = await this.run(folder, ["apply", "-auto-approve", "-input=false", "-lock-timeout=60s", "-json"], onLine);
    if (exitCode !== 0)
      throw new TerraformError(diagnostics.length > 0 ? diagnostics : [{ summary: "terraform apply failed", detail: stderr }]);
    return done.size;
  }

  /** The outputs of what is deployed. */
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
