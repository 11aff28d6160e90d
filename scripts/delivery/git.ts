import project from "../../project.config";
import { UserError } from "../../shared/errors";
import { loadProject } from "../../shared/stack/config";
import { LOCK_FILE } from "../artifact/contents";
import { type ProcessResult, runProcess } from "../cli/process";

/** What the artifact is made of. A change of any other file cannot change it. */
const SOURCES = ["domains", "shared", "main.ts", "project.config.ts", "cdktf.json", "tsconfig.json", "package.json", "package-lock.json"];

/** Stands for the commit of a checkout that is not in git. */
export const NO_COMMIT = "none";

/** What this checkout is, as far as git knows. */
export interface Checkout {
  /** The commit that is checked out, or {@link NO_COMMIT}. */
  commit: string;
  /** The files that the artifact is made of and that differ from the commit, new ones included. */
  changed: string[];
}

/**
 * The commit that is checked out, and what differs from it. A folder that is not in git has no commit.
 * @throws UserError when git cannot say: a folder that belongs to another user, for example, is not a folder without a commit
 */
export async function readCheckout(): Promise<Checkout> {
  const head = await git("rev-parse", "--verify", "HEAD");
  if (head.exitCode === undefined || /not a git repository|Needed a single revision/.test(head.stderr))
    return { commit: NO_COMMIT, changed: [] };
  const status = await git("status", "--porcelain", "--untracked-files=all", "--", ...SOURCES, LOCK_FILE);
  const failed = [head, status].find(({ exitCode }) => exitCode !== 0);
  if (failed) throw new UserError(`git cannot say which commit is checked out. git says: ${failed.stderr.trim()}`);
  return { commit: head.stdout.trim(), changed: lines(status.stdout).map((line) => line.slice(3)) };
}

/**
 * The full id of the commit that a branch, a tag or an abbreviated id names.
 * @throws UserError when git does not know it. Says so if the clone is shallow.
 */
export async function commitOf(ref: string, { fix = FETCH_OR_NAME } = {}): Promise<string> {
  // What begins with "-" would be an option.
  const { exitCode, stdout, stderr } = await git("rev-parse", "--verify", "--end-of-options", `${ref}^{commit}`);
  if (exitCode === 0) return stdout.trim();
  throw await notFound(ref, stderr, fix);
}

/**
 * The commit where this branch left the main branch of `origin`.
 * @throws UserError when there is none that git knows of
 */
export async function mergeBase(): Promise<string> {
  const ref = `origin/${loadProject(project).github?.mainBranch ?? "main"}`;
  const { exitCode, stdout, stderr } = await git("merge-base", ref, "HEAD");
  if (exitCode === 0) return stdout.trim();
  throw await notFound(ref, stderr || `it has no commit in common with ${ref}`, FETCH_OR_NAME);
}

const FETCH_OR_NAME = "Fetch it, or name another one: --base <ref>";

async function notFound(ref: string, reason: string, fix: string): Promise<UserError> {
  // A folder that belongs to another user, for example, is not a missing commit.
  const said = `git says: ${reason.trim()}`;
  if (await isShallow()) {
    // A shallow clone also fetches one branch only.
    const unshallow = 'git fetch --unshallow origin "+refs/heads/*:refs/remotes/origin/*"';
    return new UserError(`git does not find the commit ${ref}, because this clone is shallow. Fetch its history: ${unshallow}\n${said}`);
  }
  return new UserError(`git does not find the commit ${ref}. ${fix}\n${said}`);
}

async function isShallow(): Promise<boolean> {
  return (await git("rev-parse", "--is-shallow-repository")).stdout.trim() === "true";
}

/** How many commits `to` has that `from` does not have, or undefined if git does not know one of them. */
export async function commitsBetween(from: string, to: string): Promise<number | undefined> {
  const { exitCode, stdout } = await git("rev-list", "--count", `${from}..${to}`);
  return exitCode === 0 ? Number(stdout) : undefined;
}

/** The files that differ between a commit and the checkout, new ones included. Undefined if git does not know the commit. */
export async function filesChangedSince(commit: string): Promise<Set<string> | undefined> {
  const [differing, untracked] = await Promise.all([
    git("diff", "--name-only", "--no-renames", commit),
    git("ls-files", "--others", "--exclude-standard"),
  ]);
  return differing.exitCode === 0 ? new Set([...lines(differing.stdout), ...lines(untracked.stdout)]) : undefined;
}

/** The text of a file in a commit, or undefined if the commit does not have it. */
export async function fileIn(commit: string, file: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git("show", `${commit}:${file}`);
  return exitCode === 0 ? stdout : undefined;
}

/** A commit as people write it. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

export function git(...args: string[]): Promise<ProcessResult> {
  return runProcess("git", args);
}
