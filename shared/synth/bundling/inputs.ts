import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Bundle } from "../../stack/bundles";

/** The folder and the name of the package that a file belongs to: `…/node_modules/@scope/name`. The innermost, if packages are nested. */
const PACKAGE = /^(?<folder>.*node_modules\/(?<name>(?:@[^/]+\/)?[^/]+))\//;

/** The folder of the modules that synth generates. Their content follows from the other files. */
const GENERATED = /(^|\/)\.build\/lambdas-/;

/**
 * What a bundle was made of, for `domain.json`: when a bundle changes, `npm run affected` says which file or package changed it.
 * @param inputs the files that esbuild read, relative to the root of the project
 */
export function inputsOf(root: string, inputs: string[]): Pick<Bundle, "files" | "packages"> {
  const files = new Set<string>();
  const packages = new Set<string>();
  for (const input of inputs) {
    const { folder, name } = PACKAGE.exec(input)?.groups ?? {};
    if (folder !== undefined && name !== undefined) packages.add(`${name}@${versionOf(root, folder)}`);
    // Not a module of esbuild's own, such as "(disabled):crypto".
    else if (!GENERATED.test(input) && !/^[(<]/.test(input)) files.add(input);
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** The versions by the folder of the package. A synth asks for the same ones again and again. */
const versions = new Map<string, string>();

function versionOf(root: string, folder: string): string {
  const path = isAbsolute(folder) ? folder : join(root, folder);
  const known = versions.get(path);
  if (known !== undefined) return known;
  const { version = "" }: { version?: string } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  versions.set(path, version);
  return version;
}
