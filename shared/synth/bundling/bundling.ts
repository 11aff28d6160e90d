import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Construct } from "constructs";
import type { BuildOptions } from "esbuild";
import { KEBAB_CASE, KEBAB_CASE_RULE } from "../../naming";
import { type Bundle, Bundles, NOTHING } from "../../stack/bundles";
import type { Project } from "../../stack/config";
import { addFinding } from "../../stack/findings";
import type { Domain } from "../domains";
import { type EntryPoints, type Output, runEsbuild } from "./esbuild";
import { PACKAGES_FILE, packageStubs, packagesModule, packagesUsed, type Uses } from "./packages";
import { compress, type Entry, zip } from "./zip";

/** AWS's limits of a zip uploaded directly, and of what it unpacks to. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ZIP_BYTES = 50 * 1024 * 1024;
const UNZIPPED_BYTES = 250 * 1024 * 1024;

const madeFolders: string[] = [];
process.once("exit", () => {
  for (const folder of madeFolders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Bundles every lambda of the app and zips each: the project's own code, and beside it what it uses
 * of npm packages. Those are nearly all of the work, and are bundled once for all lambdas that use
 * the same of them. The same code gives the same bytes on any machine. The AWS SDK is in the bundle:
 * the runtime's own changes without notice. What does not compile becomes a finding.
 *
 * It answers while esbuild, a process of its own, is still at it: constructs can be made meanwhile.
 */
export async function bundleLambdas(app: Construct, root: string, domains: Domain[], { runtime }: Project): Promise<Bundles> {
  const lambdas: EntryPoints = Object.fromEntries(domains.flatMap(({ name, folder }) => lambdaFiles(app, name, join(folder, "lambdas"))));
  if (Object.keys(lambdas).length === 0) return new Bundles();
  // A folder of its own for each synth, for two may run at once.
  mkdirSync(join(root, ".build"), { recursive: true });
  const folder = mkdtempSync(join(root, ".build", "lambdas-"));
  madeFolders.push(folder);
  const sourceMaps = join(folder, "source-maps");
  const target = `node${/\d+/.exec(runtime)?.[0]}`;
  const build: Build = (entryPoints, options) =>
    runEsbuild(app, entryPoints, { absWorkingDir: root, outdir: sourceMaps, target, ...options });

  const groups = groupByUses(await build(lambdas, { packages: "external" }));
  // While one processor bundles packages, which takes longest, the other has the lambdas.
  const packages = bundlePackages(build, join(folder, "packages-of"), groups);
  const handlers = bundleHandlers(build, join(folder, "stubs"), groups, lambdas);
  const sources = Object.entries(lambdas).map(([name, file]): [string, Bundle] => [name, { ...NOTHING, source: relative(root, file) }]);
  const bundles = new Map(sources);
  const ready = Promise.all([handlers, packages]).then(([outputs, packagesOf]) => {
    for (const { group, name, code, sourceMap = "", source, exports } of outputs) {
      if (!exports.includes("handler")) {
        addFinding(app, "exports no handler; write: export const handler = …, or move what is no lambda out of lambdas/", source);
      }
      write(join(sourceMaps, `${name}.mjs.map`), sourceMap);
      bundles.set(name, toBundle(app, source, [compress("index.mjs", code), ...(packagesOf.get(group) ?? [])]));
    }
  });
  return new Bundles(bundles, ready, sourceMaps);
}

type Build = (entryPoints: EntryPoints, options: BuildOptions) => Promise<Output[]>;

/** Lambdas that use the same of packages, by the module that exports it. */
type Groups = Map<string, { uses: Uses; names: string[] }>;

function groupByUses(lambdas: Output[]): Groups {
  const groups: Groups = new Map();
  for (const { name, code } of lambdas) {
    const uses = packagesUsed(Buffer.from(code).toString());
    const module = packagesModule(uses);
    groups.set(module, { uses, names: [...(groups.get(module)?.names ?? []), name] });
  }
  return groups;
}

/** Each lambda's own code; what it uses of packages is in the file that its group shares. */
async function bundleHandlers(build: Build, folder: string, groups: Groups, lambdas: EntryPoints) {
  const outputs: (Output & { group: string })[] = [];
  for (const [group, { uses, names }] of groups) {
    const alias = packageStubs(uses).map(([name, stub]) => [name, write(join(folder, `${name}.mjs`), stub)]);
    const entryPoints = Object.fromEntries(names.map((name) => [name, lambdas[name] as string]));
    const external = uses.size > 0 ? [`./${PACKAGES_FILE}`] : [];
    const options: BuildOptions = { alias: Object.fromEntries(alias), external, sourcemap: "external", minify: true };
    for (const output of await build(entryPoints, options)) outputs.push({ ...output, group });
  }
  return outputs;
}

/** What lies beside the handlers of each group: one file, or none where they use no package. */
async function bundlePackages(build: Build, folder: string, groups: Groups): Promise<Map<string, Entry[]>> {
  const modules = [...groups].flatMap(([module, { names }]): [string, string][] => (module ? [[names[0] ?? "", module]] : []));
  // TypeScript, as the lambdas: so esbuild takes the default export of a CommonJS package as it does for them. An error names the lambda.
  const files = modules.map(([name, module]) => [name, write(join(folder, `${name}.ts`), module)]);
  const outputs = await build(Object.fromEntries(files), { minify: true });
  const moduleOf = new Map(modules);
  return new Map(outputs.map(({ name, code }) => [moduleOf.get(name) ?? "", [compress(PACKAGES_FILE, code)]]));
}

function write(file: string, content: string | Uint8Array): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function lambdaFiles(app: Construct, domain: string, folder: string): [name: string, file: string][] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap(({ name: file }): [name: string, file: string][] => {
    const name = basename(file, ".ts");
    if (file.endsWith(".ts") && KEBAB_CASE.test(name)) return [[`${domain}/${name}`, join(folder, file)]];
    const fix = `${KEBAB_CASE_RULE}, ending in .ts; rename it, or move it out of lambdas/`;
    addFinding(app, `is no lambda's name, which is ${fix}`, `domains/${domain}/lambdas/${file}`);
    return [];
  });
}

function toBundle(app: Construct, source: string, entries: Entry[]): Bundle {
  const bytes = zip(entries);
  const unzipped = entries.reduce((sum, { size }) => sum + size, 0);
  if (bytes.length > ZIP_BYTES || unzipped > UNZIPPED_BYTES) {
    const sizes = `${unzipped} bytes bundled and ${bytes.length} zipped`;
    addFinding(app, `is ${sizes}, and AWS takes ${UNZIPPED_BYTES} and ${ZIP_BYTES}; import less`, source);
  }
  return { zip: bytes, hash: createHash("sha256").update(bytes).digest("base64"), source };
}
