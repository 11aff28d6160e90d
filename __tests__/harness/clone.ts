import { mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SynthesizedStack } from "../../conventions/convention";
import config from "../../project.config";
import { type ProcessResult, runProcess } from "../../scripts/cli/process";
import { WORKSPACES_STACK } from "../../shared/naming";
import { loadProject, type Project } from "../../shared/stack/config";
import { projectCopy } from "./project-copy";
import type { Json } from "./synth";
import { readJson } from "./temporary-folder";

/** Copies the project into a folder with this path. */
export function cloneProject(folder: string): string {
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(projectCopy(), folder);
  return folder;
}

/** Synthesizes a copy of the project in a process of its own, as the cdktf CLI does. */
export function synthClone(clone: string, variables: NodeJS.ProcessEnv = {}): Promise<ProcessResult> {
  return runProcess(process.execPath, ["--import", "tsx", "main.ts"], { cwd: clone, env: { ...process.env, ...variables } });
}

/** Every stack of an artifact. The configuration must be the one that it was synthesized with. */
export function stacksOf(artifact: string, { environments }: Project = loadProject(config)): SynthesizedStack[] {
  const ids = Object.keys(readJson(join(artifact, "manifest.json")).stacks);
  // The stack with the workspaces of HCP Terraform belongs to no environment, and has no domain.json.
  return ids
    .filter((id) => id !== WORKSPACES_STACK)
    .map((id) => {
      const folder = join(artifact, "stacks", id);
      const description: Json = readJson(join(folder, "domain.json"));
      const environment = environments.find(({ name }) => name === description.environment);
      if (!environment) throw new Error(`${id}: there is no environment "${description.environment}"`);
      return { folder, json: readJson(join(folder, "cdk.tf.json")), description, environment };
    });
}

/** The texts of all files in a folder, by their path. Each character stands for one byte. */
export function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "latin1")]));
}
