import { type Dirent, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ARTIFACT, MANIFEST } from "./artifact";

/**
 * Moves a complete new artifact into the place of the old one, and removes what only the old one has. Files that Terraform
 * keeps in the folder of a stack stay: `.terraform`, or `errored.tfstate` after a failure.
 *
 * It moves file by file. A Terraform that the cdktf CLI runs in the folder of a stack finds its state by a relative path: if
 * the folder itself were moved meanwhile, Terraform would write the state to another place.
 *
 * Other processes find only complete files, also when two commands replace the artifact at the same time. Only a process
 * that is killed during these few milliseconds leaves files of both artifacts. The next synth repairs that.
 * @param folder the new artifact, on the same file system. Its files are gone afterwards.
 */
export function replaceArtifact(folder: string, artifact = ARTIFACT): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const pathOf = ({ parentPath, name }: Dirent) => relative(folder, join(parentPath, name));
  const files = entries.filter((entry) => entry.isFile()).map(pathOf);
  removeLinks(artifact, entries.filter((entry) => entry.isDirectory()).map(pathOf));
  // The manifest comes last: it names the stacks, and a new stack is complete then.
  for (const file of [...files.filter((each) => each !== MANIFEST), MANIFEST]) {
    mkdirSync(dirname(join(artifact, file)), { recursive: true });
    renameSync(join(folder, file), join(artifact, file));
  }
  removeOldFiles(artifact, new Set(entries.map(pathOf)));
}

/** Removes links in place of folders. Otherwise files outside of the artifact would be replaced and removed. */
function removeLinks(artifact: string, folders: string[]): void {
  for (const folder of folders) {
    const path = join(artifact, folder);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(path);
  }
}

/** Removes the stacks, the zips and the source maps that are not among the paths of the new artifact. */
function removeOldFiles(artifact: string, paths: Set<string>): void {
  removeOthers("source-maps");
  for (const stack of readdirSync(join(artifact, "stacks"))) {
    const path = join("stacks", stack);
    removeOthers(paths.has(path) ? join(path, "lambdas") : path);
    if (!paths.has(path)) continue;
    // Terraform reads every file of these kinds. CDKTF writes another one with SYNTH_HCL_OUTPUT, and Terraform a lock file when the cdktf
    // CLI runs it here.
    for (const name of readdirSync(join(artifact, path))) if (/\.tf(\.json)?$|\.lock\.hcl$/.test(name)) removeOthers(join(path, name));
  }

  function removeOthers(path: string): void {
    const file = join(artifact, path);
    if (!existsSync(file)) return;
    if (!paths.has(path)) rmSync(file, { recursive: true, force: true });
    else if (statSync(file).isDirectory()) for (const name of readdirSync(file)) removeOthers(join(path, name));
  }
}
