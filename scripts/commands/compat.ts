import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { ARTIFACT, readArtifact, type Stack } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { runProcess } from "../cli/process";
import { incompatibilities, newAndChangedEvents } from "../compatibility/compatibility";
import { findEventUsers } from "../compatibility/event-users";

const HELP = `
npm run compat [-- --base <ref>]

Compares the events and contracts of the working tree with those of another commit, and checks
that messages in flight and deployed stacks survive the changes. The commit to compare with is
the one that is deployed. Uncommitted changes count too.

  --base <ref>   the branch, tag or commit to compare with; default: where this branch left origin/main
  --skip-synth   use the existing cdktf.out instead of synthesizing the working tree`;

const DEFAULT_BASE = "origin/main";
/** Explains why an event can be in a list although its own code did not change. */
const DERIVED = "An event is in the list too if its schema is derived from one that changed.";

void runCommand({ help: HELP, options: { base: { type: "string" }, "skip-synth": { type: "boolean" } } }, async ({ options, signal }) => {
  const commit = await findBase(options.base);
  const shortCommit = commit.slice(0, 7);
  const { stdout: changed } = await runProcess("git", ["diff", "--name-only", commit, "--", "package-lock.json"]);
  if (changed.trim() !== "") {
    process.stdout.write(
      "package-lock.json has changed since the base. The base is synthesized with the packages that are installed now.\n",
    );
  }
  if (!options["skip-synth"]) await build(signal);
  const current = readArtifact();
  const folder = mkdtempSync(join(tmpdir(), "compat-"));
  try {
    const base = await synthesizeBase(commit, folder, signal);
    const problems = await incompatibilities(base, current, (event) => findEventUsers(folder, event, signal));
    if (problems.length > 0) {
      const headline = `Messages in flight or deployed stacks would not survive these changes since ${shortCommit}. ${DERIVED}`;
      throw new UserError([headline, "", ...problems.map((problem) => `  ${problem}`)].join("\n"));
    }
    const events = newAndChangedEvents(base, current).join(", ") || "none";
    process.stdout.write(`Compatible with ${shortCommit}. New and changed events: ${events}. ${DERIVED}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** @throws UserError when git does not know the commit */
async function findBase(ref: string | boolean | undefined): Promise<string> {
  const args = ref === undefined ? ["merge-base", DEFAULT_BASE, "HEAD"] : ["rev-parse", "--verify", `${ref}^{commit}`];
  const { exitCode, stdout, stderr } = await runProcess("git", args);
  if (exitCode === 0) return stdout.trim();
  // A folder that belongs to another user, for example, is not a missing commit.
  throw new UserError(
    `git does not find the commit ${ref ?? DEFAULT_BASE}. Fetch it, or name another one: npm run compat -- --base <ref>\ngit says: ${stderr.trim()}`,
  );
}

/**
 * Exports a commit to an empty folder, and synthesizes it there. It is no git worktree, because that would have to be removed from the
 * repository afterwards.
 * @returns the stacks of its artifact
 * @throws UserError when the commit cannot be synthesized or compared
 */
async function synthesizeBase(commit: string, folder: string, signal: AbortSignal): Promise<Stack[]> {
  const archive = join(folder, "base.tar");
  // Synth writes where this variable says, and the shell can have set it.
  const env = { ...process.env, CDKTF_OUTDIR: join(folder, ARTIFACT) };
  const run = async (program: string, args: string[], cwd?: string) => {
    const { exitCode, stderr } = await runProcess(program, args, { cwd, env, signal });
    signal.throwIfAborted();
    if (exitCode !== 0) throw new UserError(`The base cannot be synthesized with the packages that are installed now:\n${stderr.trim()}`);
  };
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  await run("git", ["archive", `--output=${archive}`, commit]);
  await run("tar", ["-xf", archive, "-C", folder]);
  await run(process.execPath, ["--import", "tsx", "main.ts"], folder);

  const stacks = readArtifact(join(folder, ARTIFACT));
  if (stacks.some(({ events }) => !events))
    throw new UserError(`${commit.slice(0, 7)} has no events in its domain.json files, so it cannot be compared. Choose a later commit.`);
  return stacks;
}
