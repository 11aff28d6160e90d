import { UserError } from "../../shared/errors";
import { readArtifact } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { incompatibilities, newAndChangedEvents } from "../compatibility/compatibility";
import { findEventUsers } from "../compatibility/event-users";
import { withSynthesizedCommit } from "../delivery/base";
import { commitOf, mergeBase, shortCommit } from "../delivery/git";

const HELP = `
npm run compat [-- --base <ref>]

Compares the events and contracts of the working tree with those of another commit, and checks
that messages in flight and deployed stacks survive the changes. The commit to compare with is
the one that is deployed. Uncommitted changes count too.

  --base <ref>   the branch, tag or commit to compare with; default: where this branch left origin/main
  --skip-synth   use the existing cdktf.out instead of synthesizing the working tree`;

/** Explains why an event can be in a list although its own code did not change. */
const DERIVED = "An event is in the list too if its schema is derived from one that changed.";

void runCommand({ help: HELP, options: { base: { type: "string" }, "skip-synth": { type: "boolean" } } }, async ({ options, signal }) => {
  const commit = options.base === undefined ? await mergeBase() : await commitOf(options.base);
  if (!options["skip-synth"]) await build(signal);
  const current = readArtifact();
  await withSynthesizedCommit(commit, signal, async ({ stacks: base, folder }) => {
    if (base.some(({ events }) => !events)) {
      throw new UserError(
        `${shortCommit(commit)} has no events in its domain.json files, so it cannot be compared. Choose a later commit.`,
      );
    }
    const problems = await incompatibilities(base, current, (event) => findEventUsers(folder, event, signal));
    if (problems.length > 0) {
      const headline = `Messages in flight or deployed stacks would not survive these changes since ${shortCommit(commit)}. ${DERIVED}`;
      throw new UserError([headline, "", ...problems.map((problem) => `  ${problem}`)].join("\n"));
    }
    const events = newAndChangedEvents(base, current).join(", ") || "none";
    process.stdout.write(`Compatible with ${shortCommit(commit)}. New and changed events: ${events}. ${DERIVED}\n`);
  });
});
