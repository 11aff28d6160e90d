import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../shared/errors";
import { ARTIFACT, readArtifact } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { runProcess } from "../cli/process";
import { eventsOf, incompatibilities } from "../compatibility/compatibility";
import { eventUsers } from "../compatibility/event-users";

const HELP = `
npm run compat [-- --base <ref>]

Checks that what is deployed, and the messages that are in flight, survive what has changed in
events and contracts since a commit, committed or not. Give it the commit that is deployed.

  --base <ref>   branch, tag or commit to compare with; where this branch left origin/main by default
  --skip-synth   compare the cdktf.out that is there`;

const DEFAULT = "origin/main";
const MADE_FROM = " (a schema made from another changes with it)";

const OPTIONS = { base: { type: "string" }, "skip-synth": { type: "boolean" } } as const;

void runCommand({ help: HELP, options: OPTIONS }, async ({ options, signal }) => {
  const { base: ref } = options;
  const commit = ref === undefined ? await git("merge-base", DEFAULT, "HEAD") : await git("rev-parse", "--verify", `${ref}^{commit}`);
  if (!commit) throw new UserError(`There is no commit ${ref ?? DEFAULT} here; fetch it, or name one: npm run compat -- --base <ref>`);
  const short = commit.slice(0, 7);
  if ((await git("diff", "--name-only", commit, "--", "package-lock.json")) !== "") {
    process.stdout.write("package-lock.json has changed since; the base is synthesized with the packages that are here.\n");
  }
  if (!options["skip-synth"]) await build(signal);
  const now = readArtifact();
  const folder = mkdtempSync(join(tmpdir(), "compat-"));
  try {
    await synthesizeBase(commit, folder, signal);
    const base = readArtifact(join(folder, ARTIFACT));
    if (base.some(({ events }) => !events))
      throw new UserError(`${short} tells no events in domain.json, so nothing can be judged; choose a later base.`);
    const problems = incompatibilities(base, now, (event) => eventUsers(folder, event)).map((each) => `\n  ${each}`);
    if (problems.length > 0)
      throw new UserError(`What is deployed or in flight would not survive what changed since ${short}${MADE_FROM}:\n${problems.join("")}`);
    const [before, after] = [eventsOf(base), eventsOf(now)];
    const changed = [...after.keys()].filter((type) => !isDeepStrictEqual(after.get(type), before.get(type)));
    process.stdout.write(`Compatible with ${short}. Events that are new or have changed${MADE_FROM}: ${changed.join(", ") || "none"}.\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Writes the artifact of a commit into a folder that git knows nothing of, so that there is nothing to clean up in it. */
async function synthesizeBase(commit: string, folder: string, signal: AbortSignal): Promise<void> {
  const archive = join(folder, "base.tar");
  const steps: [string, string[], string?][] = [
    ["git", ["archive", `--output=${archive}`, commit]],
    ["tar", ["-xf", archive, "-C", folder]],
    [process.execPath, ["--import", "tsx", "main.ts"], folder],
  ];
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  for (const [program, args, cwd] of steps) {
    const { exitCode, stderr } = await runProcess(program, args, { cwd, signal });
    signal.throwIfAborted();
    if (exitCode !== 0) throw new UserError(`The base cannot be synthesized with the packages that are here:\n${stderr.trim()}`);
  }
}

/** What git says, without the last line's end; undefined when it refuses. */
async function git(...args: string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await runProcess("git", args);
  return exitCode === 0 ? stdout.trim() : undefined;
}
