import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { UserError } from "../../shared/errors";
import { ARTIFACT, readArtifact, type Stack } from "../artifact/artifact";
import { synthCommand } from "../artifact/build";
import { parseJson } from "../cli/json";
import { runProcess } from "../cli/process";
import { shortCommit } from "./git";

/** Files that say which packages a commit needs. */
const PACKAGE_FILES = ["package.json", "package-lock.json", ".npmrc"];
/** Packages of other commits, by a hash of {@link PACKAGE_FILES}. They are kept, because installing them takes half a minute. */
const PACKAGES_FOLDER = ".build/packages";

/** A commit that was exported into a folder of its own. */
interface ExportedCommit {
  commit: string;
  /** The files of the commit. */
  folder: string;
}

/** A commit that was exported and synthesized. Its artifact is in `cdktf.out`. */
export interface SynthesizedCommit extends ExportedCommit {
  stacks: Stack[];
}

/**
 * Exports a commit, synthesizes it with the packages of its own lock file, and lets a function use it. It is not a git worktree, because that
 * would have to be removed from the repository afterwards.
 * @throws UserError when the commit has no template in it, or cannot be synthesized
 */
export function withSynthesizedCommit<Result>(
  commit: string,
  signal: AbortSignal,
  use: (base: SynthesizedCommit) => Promise<Result>,
): Promise<Result> {
  return inExportedFolder(commit, signal, async (folder) => {
    await providePackages({ commit, folder }, signal);
    const synth = { ...synthCommand(join(folder, ARTIFACT)), cwd: folder, signal };
    await run(synth, `${shortCommit(commit)} cannot be synthesized. Choose another commit`);
    return use({ commit, folder, stacks: readArtifact(join(folder, ARTIFACT)) });
  });
}

/**
 * Exports a commit into a folder of its own, and lets a function use it. Its packages are those of this checkout.
 * @throws UserError when the commit has no template in it
 */
export function withExportedCommit<Result>(commit: string, signal: AbortSignal, use: (folder: string) => Promise<Result>): Promise<Result> {
  return inExportedFolder(commit, signal, (folder) => {
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    return use(folder);
  });
}

async function inExportedFolder<Result>(commit: string, signal: AbortSignal, use: (folder: string) => Promise<Result>): Promise<Result> {
  mkdirSync(".build", { recursive: true });
  const folder = mkdtempSync(resolve(".build", "commit-"));
  try {
    await exportCommit(commit, folder, signal);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function exportCommit(commit: string, folder: string, signal: AbortSignal): Promise<void> {
  const archive = join(folder, "commit.tar");
  const problem = `${shortCommit(commit)} cannot be exported`;
  await run({ program: "git", args: ["archive", `--output=${archive}`, commit], signal }, problem);
  await run({ program: "tar", args: ["-xf", archive, "-C", folder], signal }, problem);
  rmSync(archive);
  const missing = ["main.ts", "package-lock.json", "domains"].filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return;
  throw new UserError(
    `${shortCommit(commit)} has no ${missing.join(", no ")}, so it is not a commit of this template. Choose a later one.`,
  );
}

/** Lets the commit find its packages: the ones that are installed in this checkout, if its lock file is the same. Otherwise its own. */
async function providePackages(exported: ExportedCommit, signal: AbortSignal): Promise<void> {
  const { folder } = exported;
  const own =
    packagesKey(folder) === packagesKey(".") ? resolve("node_modules") : join(await installedPackages(exported, signal), "node_modules");
  symlinkSync(own, join(folder, "node_modules"));
}

/**
 * Checks that `node_modules` has what `package-lock.json` says. Otherwise the artifact would have other packages than the commit.
 * @throws UserError with the packages that differ
 */
export function checkInstalledPackages(): void {
  const wanted = packagesIn("package-lock.json");
  const installed = packagesIn("node_modules/.package-lock.json");
  const differing = Object.entries(wanted).filter(([path, { version, optional }]) => {
    const found = installed[path];
    // npm leaves out optional packages for other platforms.
    return path !== "" && (found ? found.version !== version : !optional);
  });
  if (differing.length === 0) return;
  const names = differing.slice(0, 5).map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")} ${version}`);
  const more = differing.length > names.length ? ` and ${differing.length - names.length} more` : "";
  throw new UserError(`node_modules does not have what package-lock.json says: ${names.join(", ")}${more}. Run: npm ci`);
}

function packagesIn(lockFile: string): Record<string, { version?: string; optional?: boolean }> {
  return parseJson(existsSync(lockFile) ? readFileSync(lockFile, "utf8") : undefined)?.packages ?? {};
}

function packagesKey(root: string): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  for (const file of PACKAGE_FILES) {
    const path = join(root, file);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    // Of package.json, only what npm installs. Scripts and descriptions change more often.
    hash.update(file === "package.json" ? JSON.stringify(dependenciesIn(text)) : text);
  }
  return hash.digest("hex").slice(0, 16);
}

function dependenciesIn(text: string): unknown[] {
  const { dependencies, devDependencies, optionalDependencies, overrides } = parseJson(text) ?? {};
  return [dependencies, devDependencies, optionalDependencies, overrides];
}

/** @returns the folder in which npm has installed the packages of a commit */
async function installedPackages({ commit, folder }: ExportedCommit, signal: AbortSignal): Promise<string> {
  const installed = resolve(PACKAGES_FOLDER, packagesKey(folder));
  if (existsSync(installed)) return installed;
  process.stderr.write("The packages have changed. Installing those of the other commit, once…\n");
  mkdirSync(PACKAGES_FOLDER, { recursive: true });
  const partial = mkdtempSync(`${installed}-`);
  try {
    for (const file of PACKAGE_FILES) {
      if (existsSync(join(folder, file))) writeFileSync(join(partial, file), readFileSync(join(folder, file)));
    }
    // Synth needs no install scripts.
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await run({ program: "npm", args, cwd: partial, signal }, `npm cannot install the packages of ${shortCommit(commit)}. Choose another`);
    // The name appears when the folder is complete. Another command can have been faster.
    if (!existsSync(installed)) renameSync(partial, installed);
    return installed;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

interface Step {
  program: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** @throws UserError with what the program printed, if it fails. Paths are those in the commit. */
async function run({ program, args, signal, ...options }: Step, problem: string): Promise<void> {
  const { exitCode, stdout, stderr } = await runProcess(program, args, { ...options, signal });
  signal.throwIfAborted();
  if (exitCode === 0) return;
  // After an error, npm explains all of its options.
  const [printed = ""] = (stderr.trim() || stdout.trim()).split(/\n.*Usage:/);
  const text = options.cwd === undefined ? printed : printed.replaceAll(`${options.cwd}${sep}`, "");
  throw new UserError(`${problem}:\n${text.slice(0, 4000)}`);
}
