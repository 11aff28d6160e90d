import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessResult, runProcess } from "../../../scripts/cli/process";
import { TERRAFORM } from "../../../scripts/terraform/provider";
import type { Workspace } from "./workspaces";

/** What a run is for: to show a plan, to save a plan for a later apply, or to apply it at once. */
export type Purpose = "show" | "save" | "apply";

/** What a run does, and how. */
export interface RunOptions {
  /** The folder with the uploaded configuration. */
  folder: string;
  /** What happens after the plan. */
  purpose: Purpose;
  /** The id of the uploaded configuration. */
  configurationId: string;
  /** Whether it destroys all resources. */
  isDestroy: boolean;
  /** Whether it only takes over into the state what has changed in AWS. */
  isRefreshOnly: boolean;
  /** All environment variables of Terraform. */
  env: NodeJS.ProcessEnv;
  /** When aborted, Terraform gets SIGINT. */
  signal: AbortSignal;
}

/** The plan or the apply of a run. */
export interface Phase {
  /** How far it is, in HCP's words. */
  status: "pending" | "running" | "finished" | "errored";
  /** What Terraform has printed so far. It begins with the character STX. Once it ends with ETX, nothing more is added. */
  log: string;
}

const PLAN_FILE = "run.tfplan";
/** The exit code of `terraform plan -detailed-exitcode` if the plan is not empty. */
const WITH_CHANGES = 2;

/** A run with remote execution: the real Terraform plans and applies what was uploaded. */
export class RemoteRun {
  /** How far it is, in HCP's words. */
  status: "planning" | "planned" | "planned_and_saved" | "planned_and_finished" | "applying" | "applied" | "discarded" | "errored" =
    "planning";
  /** When it began, in ISO 8601. */
  readonly createdAt = new Date().toISOString();
  /** The first phase. */
  readonly plan: Phase = { status: "pending", log: "" };
  /** The second phase, which does not begin in every run. */
  readonly apply: Phase = { status: "pending", log: "" };
  /** Whether the plan has changes. */
  hasChanges = false;
  /** The plan as `terraform show -json` prints it, once there is one. */
  planJson?: string;
  /** The state with which it planned. Undefined if there was none. */
  private plannedState?: string;

  /**
   * @param id also that of its plan and its apply
   * @param workspace has the state
   */
  constructor(
    readonly id: string,
    readonly workspace: Workspace,
    private readonly options: RunOptions,
  ) {}

  /** Whether there is nothing more to do in it. */
  get hasEnded(): boolean {
    return ["planned_and_finished", "applied", "discarded", "errored"].includes(this.status);
  }

  /** The id of the uploaded configuration. */
  get configurationId(): string {
    return this.options.configurationId;
  }

  /** Discards its saved plan, if the state has changed since. */
  discardIfStale(): void {
    if (this.status === "planned_and_saved" && this.plannedState !== this.state()) this.status = "discarded";
  }

  /** Plans. The result is the status of the run. */
  async makePlan(): Promise<void> {
    const { purpose, isDestroy, isRefreshOnly } = this.options;
    await this.perform(this.plan, async () => {
      this.keepStateInWorkspace();
      this.plannedState = this.state();
      await this.terraform(["init", "-input=false", "-no-color"]);
      const mode = isRefreshOnly ? ["-refresh-only"] : isDestroy ? ["-destroy"] : [];
      const args = ["plan", "-input=false", "-detailed-exitcode", `-out=${PLAN_FILE}`, ...mode];
      const { exitCode } = await this.terraform(args, this.plan);
      this.hasChanges = exitCode === WITH_CHANGES;
      this.planJson = (await this.terraform(["show", "-json", PLAN_FILE])).stdout;
      if (!this.hasChanges || purpose === "show") return "planned_and_finished";
      return purpose === "save" ? "planned_and_saved" : "planned";
    });
  }

  /** Applies the plan. The result is the status of the run. */
  async applyPlan(): Promise<void> {
    this.status = "applying";
    await this.perform(this.apply, async () => {
      await this.terraform(["apply", "-input=false", PLAN_FILE], this.apply);
      return "applied";
    });
  }

  /**
   * Performs a phase. An error in it ends the run, and its message is in the log.
   * @param work returns the next status of the run
   */
  private async perform(phase: Phase, work: () => Promise<RemoteRun["status"]>): Promise<void> {
    phase.status = "running";
    // Of an apply, Terraform does not show the first three lines: it expects the same ones as at the beginning of the plan.
    phase.log = "\x02Terraform\non the server\nInitializing plugins and modules...\n";
    try {
      this.status = await work();
      phase.status = "finished";
    } catch (error) {
      phase.log += (error as Error).message;
      this.status = "errored";
      phase.status = "errored";
    }
    // This comes last, because Terraform asks for the status of the run when it has read all of the log.
    phase.log += "\x03";
  }

  private state(): string | undefined {
    const { stateFile } = this.workspace;
    return existsSync(stateFile) ? readFileSync(stateFile, "utf8") : undefined;
  }

  /** Adds a file that overrides the `cloud` block, with which Terraform would start another run on the server. */
  private keepStateInWorkspace(): void {
    const backend = { local: { path: this.workspace.stateFile } };
    writeFileSync(join(this.options.folder, "server_override.tf.json"), JSON.stringify({ terraform: { backend } }));
  }

  /**
   * @param phase gets each line of the output in its log
   * @throws Error with the error output, when Terraform has failed
   */
  private async terraform(args: string[], phase?: Phase): Promise<ProcessResult> {
    const onLine = (line: string) => {
      if (phase) phase.log += `${line}\n`;
    };
    const { folder: cwd, env, signal } = this.options;
    const result = await runProcess(TERRAFORM, args, { cwd, env, signal, onLine });
    if (result.exitCode !== 0 && result.exitCode !== WITH_CHANGES) throw new Error(result.stderr);
    return result;
  }
}
