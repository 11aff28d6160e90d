import { existsSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { type Loader, transform } from "esbuild";
import { fileIn, filesChangedSince, shortCommit } from "./git";
import type { FindCauses } from "./reasons";

/**
 * Finds what brought new code into the zip of a lambda: the packages whose versions differ, and those of its files that mean something
 * else than in a commit.
 * @param commit that the old code comes from. It need not be in this clone; then only packages can be named.
 */
export function causesSince(commit: string): FindCauses {
  const changedFiles = filesChangedSince(commit);
  // Many lambdas have the same files.
  const known = new Map<string, Promise<boolean>>();
  const isChangedIn = (file: string) => {
    const found = known.get(file) ?? hasOtherCode(file, commit);
    known.set(file, found);
    return found;
  };
  return async (before, after) => {
    const packages = packageChanges(before.packages ?? [], after.packages);
    const differing = await changedFiles;
    if (differing === undefined) return [...packages, `this clone does not have ${shortCommit(commit)}, so its files cannot be compared`];
    const files = new Set([...(before.files ?? []), ...after.files]);
    const candidates = [...files].filter((file) => differing.has(file)).sort();
    const changed = await Promise.all(candidates.map(isChangedIn));
    const causes = [...candidates.filter((_, index) => changed[index]), ...packages];
    return causes.length > 0 ? causes : ["by how bundles are made: esbuild, tsconfig.json or shared/synth/bundling/"];
  };
}

/** Packages that came, went, or have another version: `zod 4.6.6 → 4.6.7`. */
function packageChanges(before: string[], after: string[]): string[] {
  const versionsOf = (packages: string[]) => {
    const versions = new Map<string, string[]>();
    for (const each of packages) {
      const at = each.lastIndexOf("@");
      const name = each.slice(0, at);
      versions.set(name, [...(versions.get(name) ?? []), each.slice(at + 1)]);
    }
    return versions;
  };
  const [old, current] = [versionsOf(before), versionsOf(after)];
  return [...new Set([...old.keys(), ...current.keys()])].sort().flatMap((name) => {
    const [from, to] = [old.get(name)?.join(" and "), current.get(name)?.join(" and ")];
    return from === to ? [] : [`${name} ${from ?? "new"} → ${to ?? "not used any more"}`];
  });
}

/** Whether a file compiles to other code than in a commit. A comment or a type changes nothing. */
async function hasOtherCode(file: string, commit: string): Promise<boolean> {
  const [before, after] = [await fileIn(commit, file), existsSync(file) ? readFileSync(file, "utf8") : undefined];
  if (before === undefined || after === undefined) return before !== after;
  const loader = extname(file).slice(1) as Loader;
  const codeOf = (text: string) => transform(text, { loader, minify: true, legalComments: "none" }).then(({ code }) => code);
  // What esbuild cannot compile is compared as text.
  return Promise.all([codeOf(before), codeOf(after)]).then(
    ([old, current]) => old !== current,
    () => before !== after,
  );
}
