import { mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SynthesizedStack } from "../../conventions/convention";
import config from "../../project.config";
import { type ProcessResult, runProcess } from "../../scripts/cli/process";
import { loadProject, type Project } from "../../shared/stack/config";
import { projectCopy } from "./project-copy";
import type { Json } from "./synth";
import { readJson } from "./temporary-folder";

/** A clone of the project, in a folder of that name. */
export function cloneProject(folder: string): string {
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(projectCopy(), folder);
  return folder;
}

/** Synthesizes a clone as `npm run synth` does, in a process of its own. */
export function synthClone(clone: string, variables: NodeJS.ProcessEnv = {}): Promise<ProcessResult> {
  return runProcess(process.execPath, ["--import", "tsx", "main.ts"], { cwd: clone, env: { ...process.env, ...variables } });
}

/** Every stack of an artifact, by the configuration it was made with. */
export function stacksOf(artifact: string, { environments }: Project = loadProject(config)): SynthesizedStack[] {
  return Object.keys(readJson(join(artifact, "manifest.json")).stacks).map((id) => {
    const folder = join(artifact, "stacks", id);
    const description: Json = readJson(join(folder, "domain.json"));
    const environment = environments.find(({ name }) => name === description.environment);
    if (!environment) throw new Error(`${id} is of no environment`);
    return { folder, json: readJson(join(folder, "cdk.tf.json")), description, environment };
  });
}

/** The files of a folder by their path, as text that shows every byte. */
export function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "latin1")]));
}
