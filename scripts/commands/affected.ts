import { UserError } from "../../shared/errors";
import { readArtifact, type Stack, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { type Affected, affectedOfDeployed, affectedSince } from "../delivery/affected";
import { checkInstalledPackages, type SynthesizedCommit, withSynthesizedCommit } from "../delivery/base";
import { reachOf } from "../delivery/delivery";
import { commitOf, mergeBase, shortCommit } from "../delivery/git";
import { REASONS, type Reason } from "../delivery/reasons";

const HELP = `
npm run affected [-- <domain>-<environment>… | <environment>…]

Says which stacks a change really changes, and why. It compares what is synthesized, and not which
files were touched: a change of a comment, a test or a page affects nothing. Uncommitted changes count.

  npm run affected                          against the commit where this branch left origin/main
  npm run affected -- --base v1.4.0         against another branch, tag or commit
  npm run affected -- --deployed int        against what runs in the environment int

  --base <ref>   synthesize this commit, with the packages of its own package-lock.json, and compare
  --deployed     compare with the records of what runs. Needs credentials of the environment's account
  --json         print { affected: [{ stack, reasons: [{ code, detail }] }], dependents, deleted, renamed }
  --skip-synth   use the existing cdktf.out instead of synthesizing the working tree

Codes of reasons: ${Object.keys(REASONS).join(", ")}.`;

const OPTIONS = {
  base: { type: "string" },
  deployed: { type: "boolean" },
  json: { type: "boolean" },
  "skip-synth": { type: "boolean" },
} as const;

void runCommand({ help: HELP, options: OPTIONS, positionals: { min: 0, max: Infinity } }, async ({ positionals, options, signal }) => {
  const { base, deployed = false, json = false } = options;
  if (deployed && base !== undefined) throw new UserError("Pass either --base or --deployed: a change is compared with one of them.");
  if (deployed && positionals.length === 0)
    throw new UserError("With --deployed, name the environment or the stacks: npm run affected -- --deployed int");
  if (!options["skip-synth"]) checkInstalledPackages();
  const synthesized = async (): Promise<Compared> => {
    if (!options["skip-synth"]) await build(signal);
    const all = readArtifact();
    return { all, stacks: positionals.length === 0 ? all : selectStacks(all, positionals) };
  };
  if (deployed) {
    print(await sinceDeployed(await synthesized()), json, "what runs");
    return;
  }
  const commit = base === undefined ? await mergeBase() : await commitOf(base);
  const current = synthesized();
  const currentEnded = Promise.allSettled([current]);
  const compare = async (other: SynthesizedCommit) => {
    const { stacks, all } = await current;
    return affectedSince(other, stacks, all);
  };
  try {
    // The working tree and the base are synthesized side by side. Each error is reported by its own name.
    print(await withSynthesizedCommit(commit, signal, compare), json, shortCommit(commit));
  } finally {
    // Also after an error of the base: the other synth removes its own folder when it ends.
    await currentEnded;
  }
});

/** The stacks of the artifact that are compared, and all that it has. */
interface Compared {
  stacks: Stack[];
  all: Stack[];
}

async function sinceDeployed({ stacks, all }: Compared): Promise<Affected> {
  const [first] = stacks as [Stack];
  const others = stacks.filter(({ account }) => account !== first.account);
  if (others.length > 0)
    throw new UserError(`${first.stack} and ${others[0]?.stack} are in two accounts. Compare one environment at a time.`);
  return affectedOfDeployed(await reachOf(stacks), stacks, all);
}

function print(result: Affected, json: boolean, base: string): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  const { affected, dependents, deleted, renamed } = result;
  const lines: string[] = [];
  for (const { stack, reasons } of affected) lines.push(stack, ...describeReasons(reasons));
  if (affected.length === 0) lines.push(`Nothing is affected: every stack is as in ${base}.`);
  if (dependents.length > 0) lines.push("", `Read their contracts, and are not affected themselves: ${dependents.join(", ")}`);
  if (deleted.length > 0) lines.push("", `Do not exist any more, and nothing destroys them (docs/retiring.md): ${deleted.join(", ")}`);
  for (const { from, to } of renamed) lines.push("", `${from} is called ${to} now. What is deployed keeps its names.`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Each kind of reason once, as a headline, and its details below. */
function describeReasons(reasons: Reason[]): string[] {
  return [...new Set(reasons.map(({ code }) => code))].flatMap((code) => [
    `  ${REASONS[code]} (${code})`,
    ...reasons.filter((reason) => reason.code === code).map(({ detail }) => `    ${detail}`),
  ]);
}
