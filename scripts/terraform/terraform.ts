import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { jsonIn, parseJson } from "../cli/json";
import { runProcess } from "../cli/process";
import { connect, type Server } from "./hcp";
import { bookmarkIn, discardRun, type Run, requireRun, shownPlanOf } from "./hcp-runs";
import type { Plan, ResourceChange, ShownPlan } from "./plan";
import { TERRAFORM, terraformEnvironment } from "./provider";
import { summaryOfPlan } from "./summarized-plan";

/** A problem that Terraform reports in its JSON output. */
export interface Diagnostic {
  summary: string;
  detail: string;
  /** The resource that has the problem. */
  address?: string;
}

export interface ApplyOptions {
  /**
   * The saved plan to apply. Terraform refuses it if the state has changed since.
   * @default Terraform plans first, and applies that plan
   */
  plan?: Plan;
  /**
   * Called with the number of changed resources and the number of planned changes. The plan is read line by line, so that the
   * second number grows at the beginning.
   */
  onProgress?: (changed: number, planned: number) => void;
  /** Called once, when the plan is known and every SSM parameter has its planned value: the stack's contracts are published. */
  onPublished?: () => void;
}

/** A Terraform command failed. The message consists of Terraform's own messages. */
export class TerraformError extends Error {
  constructor(readonly diagnostics: Diagnostic[]) {
    const texts = diagnostics.map(({ summary, detail, address }) => `${summary}${address ? ` (${address})` : ""}\n${detail}`.trim());
    super(texts.join("\n"));
  }
}

/** The file of a saved plan, in the folder of the stack. */
export const PLAN_FILE = "deploy.tfplan";
/** The exit code of `terraform plan -detailed-exitcode` if the plan is not empty. */
const WITH_CHANGES = 2;

/** A run on a server. */
interface RemoteRun {
  server: Server;
  run: Run;
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
    private readonly variables: Record<string, string> = {},
    private readonly signal?: AbortSignal,
  ) {
    this.environment = { ...terraformEnvironment(), TF_IN_AUTOMATION: "1", ...variables };
  }

  /** The same, with other variables: credentials, for instance. */
  with(variables: Record<string, string>): Terraform {
    return new Terraform({ ...this.variables, ...variables }, this.signal);
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
    const { valid = false, diagnostics = withoutJson } = jsonIn(stdout) ?? {};
    if (!valid) throw new TerraformError(diagnostics as Diagnostic[]);
  }

  /**
   * Plans, and saves the plan in the folder. If Terraform runs on the server of HCP Terraform, the plan stays there, and the file names
   * its run.
   * @param stack the id of the stack, by which its dangers are named
   * @throws TerraformError
   * @throws UserError when the server does not show the plan
   */
  async plan(folder: string, stack: string): Promise<Plan> {
    const exitCode = await this.savePlan(folder, "-detailed-exitcode");
    const remote = await this.remoteRun(folder);
    const run = remote && { run: { id: remote.run.id, configurationVersion: remote.run.configurationVersion } };
    if (exitCode === 0) return { file: PLAN_FILE, changes: [], isEmpty: true, existing: 0, dangers: [], ...run };
    return { file: PLAN_FILE, ...summaryOfPlan(stack, await this.show(folder, remote)), ...run };
  }

  /**
   * What has changed in AWS since the last apply, as Terraform reads it. Empty values that a service adds are among it.
   * @throws TerraformError
   */
  async drift(folder: string): Promise<ResourceChange[]> {
    // Not by the exit code: before Terraform 1.15, -detailed-exitcode is wrong together with -refresh-only.
    await this.savePlan(folder, "-refresh-only");
    const remote = await this.remoteRun(folder);
    const { resource_drift = [] } = await this.show(folder, remote);
    // On the server, somebody could apply it.
    if (remote?.run.isConfirmable) await discardRun(remote.server, remote.run);
    return resource_drift;
  }

  /** Saves a plan in the folder. @returns the exit code, which is {@link WITH_CHANGES} only with `-detailed-exitcode` */
  private async savePlan(folder: string, option: "-detailed-exitcode" | "-refresh-only"): Promise<number> {
    const diagnostics: Diagnostic[] = [];
    const args = ["plan", `-out=${PLAN_FILE}`, option, "-input=false", "-lock-timeout=60s", "-json"];
    const { exitCode, stdout, stderr } = await this.run(folder, args, (line) => diagnostics.push(...errorsIn(parseJson(line))));
    const isPlanned = exitCode === 0 || (exitCode === WITH_CHANGES && option === "-detailed-exitcode");
    if (!isPlanned) throw failed("terraform plan", diagnostics, errorsInText(stdout) + stderr);
    return exitCode;
  }

  /** The run on the server that has made the saved plan, or undefined if Terraform planned on this machine. */
  private async remoteRun(folder: string): Promise<RemoteRun | undefined> {
    const file = join(folder, PLAN_FILE);
    const bookmark = existsSync(file) ? bookmarkIn(readFileSync(file)) : undefined;
    if (!bookmark) return undefined;
    const server = await connect(bookmark.hostname);
    return { server, run: await requireRun(server, bookmark.run) };
  }

  private async show(folder: string, remote: RemoteRun | undefined): Promise<ShownPlan> {
    // For a run, terraform show -json needs the permissions of an administrator of the workspace.
    if (remote) return shownPlanOf(remote.server, remote.run);
    const { stdout, stderr } = await this.run(folder, ["show", "-json", PLAN_FILE]);
    const plan = jsonIn(stdout) as ShownPlan | undefined;
    if (!plan) throw failed("terraform show", [], stderr);
    return plan;
  }

  /**
   * Applies a plan.
   * @returns the number of resources that were changed
   * @throws TerraformError
   */
  async apply(folder: string, { plan, onProgress, onPublished }: ApplyOptions = {}): Promise<number> {
    const diagnostics: Diagnostic[] = [];
    const planned = new Set<string>();
    const changed = new Set<string>();
    const unpublished = new Set<string>();
    // A run on the server of HCP Terraform prints text. Its summary is the only count there is.
    let remoteChanges = 0;
    let isPlanned = false;
    let isPublished = false;
    const onLine = (line: string) => {
      const message = parseJson(line) ?? {};
      remoteChanges += message.type === undefined ? changesInSummary(line) : 0;
      const { type, change, hook } = message;
      // Terraform reports data sources, such as contracts and policy documents, as changes with the action "read".
      if (type === "planned_change" && change.action !== "read") planned.add(change.resource.addr);
      if (type === "apply_complete" && hook.action !== "read") changed.add(hook.resource.addr);
      diagnostics.push(...errorsIn(message));
      onProgress?.(changed.size, planned.size);

      if (type === "planned_change" && isParameter(change)) unpublished.add(change.resource.addr);
      // To replace a resource, Terraform deletes it and creates it. Only the second of the two has the planned action.
      if (type === "apply_complete" && hook.action !== "delete") unpublished.delete(hook.resource.addr);
      // After the planned changes, Terraform prints their summary. It prints none for a saved plan, and begins with the changes.
      if (type === "change_summary" || (type === "apply_start" && hook.action !== "read")) isPlanned = true;
      if (isPublished || !isPlanned || unpublished.size > 0) return;
      isPublished = true;
      onPublished?.();
    };
    const args = ["apply", "-auto-approve", "-input=false", "-lock-timeout=60s", "-json", ...(plan ? [plan.file] : [])];
    const { exitCode, stdout, stderr } = await this.run(folder, args, onLine);
    if (exitCode !== 0) throw failed("terraform apply", diagnostics, errorsInText(stdout) + stderr);
    return changed.size + remoteChanges;
  }

  private async run(cwd: string, args: string[], onLine?: (line: string) => void) {
    this.signal?.throwIfAborted();
    const result = await runProcess(TERRAFORM, args, { cwd, env: this.environment, onLine, signal: this.signal });
    this.signal?.throwIfAborted();
    return result;
  }
}

/** The error that a line of Terraform's JSON output reports, if it reports one. */
function errorsIn({ type, diagnostic }: { type?: string; diagnostic?: Diagnostic & { severity: string } } = {}): Diagnostic[] {
  return type === "diagnostic" && diagnostic?.severity === "error" ? [diagnostic] : [];
}

/**
 * The errors in the output of a run on the server of HCP Terraform, which is text, whatever -json asks for. What comes before them can
 * contain the values of a plan.
 */
function errorsInText(stdout: string): string {
  const lines = stripVTControlCharacters(stdout).split("\n");
  const first = lines.findIndex((line) => /^[│╷ ]*Error: /.test(line));
  return first < 0 ? "" : `${lines.slice(first).join("\n")}\n`;
}

/** The number of changes in the last line of an apply: "Apply complete! Resources: 3 added, 1 changed, 0 destroyed." */
function changesInSummary(line: string): number {
  const [, ...counts] = /Apply complete! Resources: (\d+) added, (\d+) changed, (\d+) destroyed/.exec(line) ?? [];
  return counts.reduce((sum, count) => sum + Number(count), 0);
}

function failed(command: string, diagnostics: Diagnostic[], stderr: string): TerraformError {
  return new TerraformError(diagnostics.length > 0 ? diagnostics : [{ summary: `${command} failed`, detail: stderr }]);
}

/** Whether a planned change gives an SSM parameter its value. A parameter that is removed is not waited for, because no stack reads it any more. */
function isParameter({ action, resource }: { action: string; resource: { resource_type: string } }): boolean {
  return resource.resource_type === "aws_ssm_parameter" && ["create", "update", "replace"].includes(action);
}
