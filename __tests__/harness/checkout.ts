import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectCopy } from "./project-copy";
import { writeFiles } from "./temporary-folder";

/** A change of a text: what it has, and what it gets instead. */
export type Replacement = [before: string | RegExp, after: string];

/** Runs git in a folder, and returns what it prints. */
export function gitIn(cwd: string, ...args: string[]): string {
  return execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], { cwd, encoding: "utf8" }).trim();
}

/**
 * A copy of the project that is in git, with one commit on the branch `main`. Tests change its files and its packages, and
 * {@link restore} them. It has no tests of its own, because a change would have to correct their imports, too.
 */
export class Checkout {
  readonly folder = projectCopy();
  private readonly modules = join(this.folder, "node_modules");
  /** The texts that installed files had before a test changed them. A file that it has created has none. */
  private readonly installed = new Map<string, string | undefined>();

  constructor() {
    this.remove("__tests__");
    this.linkPackages();
    this.git("init", "--quiet", "--initial-branch", "main");
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "the base");
  }

  git(...args: string[]): string {
    return gitIn(this.folder, ...args);
  }

  /** Commits the changes on a new branch. */
  commit(branch: string): string {
    this.git("checkout", "--quiet", "-b", branch);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", branch);
    return this.git("rev-parse", "HEAD");
  }

  /** Changes a file. @throws Error when it does not have what is to be replaced */
  edit(file: string, ...replacements: Replacement[]): void {
    const path = join(this.folder, file);
    writeFileSync(path, replaced(readFileSync(path, "utf8"), file, replacements));
  }

  write(files: Record<string, string>): void {
    writeFiles(this.folder, files);
  }

  remove(path: string): void {
    rmSync(join(this.folder, path), { recursive: true });
  }

  /** Renames a file or folder, and corrects its imports in these files. */
  rename(from: string, to: string, imports: Record<string, Replacement[]> = {}): void {
    renameSync(join(this.folder, from), join(this.folder, to));
    for (const [file, replacements] of Object.entries(imports)) this.edit(file, ...replacements);
  }

  /** Installs version 999.0.0 of a package, with other code in some of its files, and notes it where npm does. */
  installVersion(name: string, code: Record<string, Replacement> = {}): void {
    const entry: Replacement = [new RegExp(`("node_modules/${name}": \\{\\s+"version": )"[^"]+"`), '$1"999.0.0"'];
    this.editInstalled(join(name, "package.json"), [/"version": "[^"]+"/, '"version": "999.0.0"']);
    for (const [file, replacement] of Object.entries(code)) this.editInstalled(join(name, file), replacement);
    this.editInstalled(".package-lock.json", entry);
    this.edit("package-lock.json", entry);
  }

  /** Installs a package that nothing uses, and notes it where npm does. */
  installNew(name: string): void {
    const entry: Replacement = ['"packages": {', `"packages": {\n    "node_modules/${name}": { "version": "1.0.0" },`];
    this.writeInstalled(join(name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
    this.editInstalled(".package-lock.json", entry);
    this.edit("package-lock.json", entry);
    this.edit("package.json", ['"dependencies": {', `"dependencies": {\n    "${name}": "1.0.0",`]);
  }

  /** Takes all changes back. */
  restore(): void {
    this.git("checkout", "--quiet", "--force", "main");
    this.git("clean", "--quiet", "--force", "-d");
    for (const [path, text] of this.installed) {
      rmSync(path);
      if (text !== undefined) writeFileSync(path, text);
    }
    this.installed.clear();
  }

  /** Gives the copy packages of its own, as hard links, so that a test can change one without copying them all. */
  private linkPackages(): void {
    const ofProject = realpathSync(this.modules);
    rmSync(this.modules);
    const { status } = spawnSync("cp", ["-al", ofProject, this.modules]);
    if (status === 0) return;
    // The temporary folder is on another file system.
    rmSync(this.modules, { recursive: true, force: true });
    execFileSync("cp", ["-a", ofProject, this.modules]);
  }

  private editInstalled(file: string, ...replacements: Replacement[]): void {
    this.writeInstalled(file, replaced(readFileSync(join(this.modules, file), "utf8"), file, replacements));
  }

  /** Writes a new file in the place of the hard link, which is the project's own file, too. */
  private writeInstalled(file: string, text: string): void {
    const path = join(this.modules, file);
    if (!this.installed.has(path)) this.installed.set(path, existsSync(path) ? readFileSync(path, "utf8") : undefined);
    rmSync(path, { force: true });
    writeFiles(this.modules, { [file]: text });
  }
}

function replaced(text: string, file: string, replacements: Replacement[]): string {
  return replacements.reduce((current, [before, after]) => {
    const result = current.replace(before, after);
    if (result === current) throw new Error(`${file} does not have ${before}`);
    return result;
  }, text);
}
