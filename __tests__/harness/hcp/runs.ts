import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Json } from "../synth";
import { temporaryFolder } from "../temporary-folder";
import { ApiError, existing } from "./documents";
import { type Purpose, RemoteRun, type RunOptions } from "./remote-run";
import type { Workspaces } from "./workspaces";

/** A configuration that Terraform uploads for one run. HCP calls it a configuration version. */
export interface Configuration {
  /** It is part of the address for the upload. */
  id: string;
  /** The folder into which it is unpacked. */
  folder: string;
  /** Whether it is complete. */
  isUploaded: boolean;
  /** The upload itself, for those who download it. */
  archive?: Buffer;
  /** Whether its run only shows a plan. */
  isSpeculative: boolean;
}

/** What Terraform has uploaded for a run. */
export interface Upload {
  /** The name of the workspace. */
  workspace: string;
  /** The paths of all files before Terraform ran in their folder, sorted. */
  files: string[];
}

/** The runs of all workspaces. */
export class Runs {
  /** What Terraform has uploaded for each run so far. */
  readonly uploads: Upload[] = [];
  private readonly configurations = new Map<string, Configuration>();
  private readonly runs = new Map<string, RemoteRun>();
  private readonly work: Promise<void>[] = [];

  /** @param options for Terraform in all runs */
  constructor(
    private readonly workspaces: Workspaces,
    private readonly options: Pick<RunOptions, "env" | "signal">,
  ) {}

  /** Prepares an upload. */
  createConfiguration(isSpeculative: boolean): Configuration {
    const id = `cv-${this.configurations.size + 1}`;
    const configuration = { id, folder: temporaryFolder(), isUploaded: false, isSpeculative };
    this.configurations.set(id, configuration);
    return configuration;
  }

  /** @throws ApiError when there is no such configuration */
  configuration(id: string): Configuration {
    return existing(this.configurations.get(id));
  }

  /** Takes an upload, which is a compressed tar file. */
  unpack(id: string, archive: Buffer): void {
    const configuration = this.configuration(id);
    // Without the times of the files: in the archive they are rounded up, and tar warns of a time in the future.
    execFileSync("tar", ["-xzmf", "-", "-C", configuration.folder], { input: archive });
    configuration.archive = archive;
    configuration.isUploaded = true;
  }

  /**
   * Creates a run, and begins with its plan.
   * @param resource the run that Terraform asks for
   * @throws ApiError when it has an option that this server does not know, or when it must wait for its workspace
   */
  create({ attributes, relationships }: Json): RemoteRun {
    const workspace = this.workspaces.get(relationships.workspace.data.id);
    const { id: configurationId, folder, isSpeculative } = this.configuration(relationships["configuration-version"].data.id);
    const purpose = purposeOf(attributes, isSpeculative);
    const options = {
      ...this.options,
      folder,
      configurationId,
      purpose,
      isDestroy: attributes["is-destroy"] === true,
      isRefreshOnly: attributes["refresh-only"] === true,
    };
    const run = new RemoteRun(`run-${this.runs.size + 1}`, workspace, options);
    // As in HCP, a plan that is only shown or saved does not lock the workspace.
    if (purpose === "apply") this.lock(run);
    this.runs.set(run.id, run);
    this.uploads.push({ workspace: workspace.name, files: filesIn(folder) });
    this.follow(run, run.makePlan());
    return run;
  }

  /** @throws ApiError when there is no such run */
  get(id: string): RemoteRun {
    const run = existing(this.runs.get(id));
    run.discardIfStale();
    return run;
  }

  /** @throws ApiError when the run has no saved plan */
  discard(id: string): RemoteRun {
    const run = this.get(id);
    if (run.status !== "planned_and_saved") throw new ApiError(409, `The run ${id} has no saved plan.`);
    run.status = "discarded";
    return run;
  }

  /**
   * Goes on with a run that is applied at once, now that Terraform has shown its plan. HCP does not wait for that, but then an
   * apply that fails quickly is over before Terraform looks for it, and Terraform shows nothing of it.
   */
  applyShownPlan(id: string): void {
    const run = this.get(id);
    if (run.status === "planned") this.follow(run, run.applyPlan());
  }

  /** @throws ApiError when the run has no saved plan, or when its workspace is locked */
  applySavedPlan(id: string): RemoteRun {
    const run = this.get(id);
    if (run.status !== "planned_and_saved") throw new ApiError(409, `The run ${id} has no saved plan.`);
    this.lock(run);
    this.follow(run, run.applyPlan());
    return run;
  }

  /** Waits until no Terraform runs any more. */
  async ended(): Promise<void> {
    await Promise.all(this.work);
  }

  private lock({ id, workspace }: RemoteRun): void {
    const attributes = { "created-at": new Date().toISOString() };
    this.workspaces.lock(workspace.name, { holder: { id, type: "runs", attributes } });
  }

  /** Does not wait for Terraform, so that the request is answered at once. A run that has ended releases its lock. */
  private follow(run: RemoteRun, work: Promise<void>): void {
    const release = () => {
      if (run.hasEnded && run.workspace.lock?.holder.id === run.id) this.workspaces.unlock(run.workspace.name);
    };
    this.work.push(work.then(release));
  }
}

/** @throws ApiError when the run needs what this server cannot do. To ignore it would be worse. */
function purposeOf(attributes: Json, isSpeculative: boolean): Purpose {
  const {
    refresh,
    variables = [],
    "auto-apply": isAutomatic,
    "save-plan": isSaved,
    "is-destroy": _,
    "refresh-only": __,
    ...others
  } = attributes;
  const isKnown = refresh && variables.length === 0 && Object.keys(others).length === 0;
  if (!isKnown) throw new ApiError(422, `The imitation of HCP does not know a run with these attributes: ${JSON.stringify(attributes)}`);
  if (isSpeculative) return "show";
  if (isSaved) return "save";
  if (isAutomatic) return "apply";
  throw new ApiError(422, "The imitation of HCP does not know an apply that asks first. Use -auto-approve.");
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return entries.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}
