import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Construct } from "constructs";
import type { BuildOptions } from "esbuild";
import { deployedDomain, KEBAB_CASE, KEBAB_CASE_RULE } from "../../naming";
import { type Bundle, Bundles, emptyBundle, PendingBundle } from "../../stack/bundles";
import type { Project } from "../../stack/config";
import { addFinding } from "../../stack/findings";
import type { Domain } from "../domains";
import { type BundledModule, type EntryPoints, minified, PACKAGES_FOLDER, runEsbuild } from "./esbuild";
import { inputsOf } from "./inputs";
import { PACKAGES_FILE, type PackageUses, packageStubs, packagesModule, packagesUsed } from "./packages";
import { type CompressedFile, compress, zip } from "./zip";

/**
 * AWS's limits for a zip that is uploaded directly, and for its unzipped files.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const LARGEST_ZIP_BYTES = 50 * 1024 * 1024;
const LARGEST_UNZIPPED_BYTES = 250 * 1024 * 1024;

const temporaryFolders: string[] = [];
process.once("exit", () => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Bundles and zips every lambda of the app. A zip has the project's own code in one file, and beside it the code of the npm
 * packages that the lambda uses. Packages are most of the work, so a bundle of packages is made once for all lambdas that use
 * the same names of the same packages. The AWS SDK is bundled too, because the version in the runtime changes without notice.
 * The same code gives the same bytes on any machine.
 *
 * Code that does not compile, and every other problem of a file, becomes a finding.
 *
 * @returns as soon as the lambdas are known. esbuild, which is a process of its own, continues while constructs are created;
 * `ready` of the result resolves when the code is there.
 */
export async function bundleLambdas(app: Construct, root: string, domains: Domain[], { runtime }: Project): Promise<Bundles> {
  const lambdas = findLambdas(app, domains);
  if (Object.keys(lambdas).length === 0) return new Bundles();

  const folder = makeTemporaryFolder(root);
  const sourceMaps = join(folder, "source-maps");
  const target = `node${/\d+/.exec(runtime)?.[0]}`;
  const build: Build = (entryPoints, options) =>
    runEsbuild(app, entryPoints, { absWorkingDir: root, outdir: sourceMaps, target, ...options });

  const groups = groupByPackages(await build(lambdas, { packages: "external" }));
  // Both run at the same time: bundling the packages takes longest, and occupies one processor only.
  const packagesBundled = bundlePackages(build, join(folder, PACKAGES_FOLDER), groups);
  const handlersBundled = bundleHandlers(build, { folder: join(folder, "stubs"), groups, lambdas });

  const bundles = new Map<string, Bundle>();
  for (const [name, file] of Object.entries(lambdas)) bundles.set(name, new PendingBundle(relative(root, file)));

  const finish = async (): Promise<void> => {
    const [packages, handlers] = await Promise.all([packagesBundled, handlersBundled]);
    // A lambda for which esbuild returns no output did not compile, and already has a finding.
    for (const [name, { source }] of bundles) bundles.set(name, emptyBundle(source));
    for (const { group, handler } of handlers) {
      const { name, source, code, sourceMap, exports, inputs } = handler;
      if (!exports.includes("handler")) {
        const fix = 'Write "export const handler = …", or move the file out of lambdas/ if it is not a lambda.';
        addFinding(app, `the file does not export "handler", the function that Lambda calls. ${fix}`, source);
      }
      if (sourceMap) writeTo(join(sourceMaps, `${name}.mjs.map`), sourceMap);
      const shared = packages.get(group);
      const files = [compress("index.mjs", code), ...(shared ? [shared.file] : [])];
      bundles.set(name, { ...toBundle(app, source, files), source, ...inputsOf(root, [...inputs, ...(shared?.inputs ?? [])]) });
    }
  };
  return new Bundles(bundles, finish(), sourceMaps);
}

type Build = (entryPoints: EntryPoints, options: BuildOptions) => Promise<BundledModule[]>;

/** Lambdas that use the same names of the same packages. */
interface Group {
  uses: PackageUses;
  /** The module that exports these names. Empty when the lambdas use no package, or are bundled together with their packages. */
  module: string;
  /** The lambdas: `orders/record-order`. */
  lambdas: [string, ...string[]];
}

function groupByPackages(lambdas: BundledModule[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { name, code } of lambdas) {
    const uses = packagesUsed(Buffer.from(code).toString());
    const module = packagesModule(uses);
    const group = groups.get(module);
    if (group) group.lambdas.push(name);
    else groups.set(module, { uses, module, lambdas: [name] });
  }
  return [...groups.values()];
}

/** Bundles each lambda's own code. Where it imports a package, it imports the file of packages of its group instead. */
async function bundleHandlers(
  build: Build,
  { folder, groups, lambdas }: { folder: string; groups: Group[]; lambdas: EntryPoints },
): Promise<{ group: Group; handler: BundledModule }[]> {
  const bundled: { group: Group; handler: BundledModule }[] = [];
  for (const group of groups) {
    const entryPoints = Object.fromEntries(group.lambdas.map((name) => [name, lambdas[name] as string]));
    const stubs = packageStubs(group.uses).map(({ name, module }) => [name, writeTo(join(folder, `${name}.mjs`), module)]);
    const external = stubs.length > 0 ? [`./${PACKAGES_FILE}`] : [];
    const options: BuildOptions = { alias: Object.fromEntries(stubs), external, sourcemap: "external" };
    // One group after the other, because the groups write their stubs to the same files.
    const handlers = await build(entryPoints, options);
    for (const handler of await Promise.all(handlers.map(minified))) bundled.push({ group, handler });
  }
  return bundled;
}

/** Bundles the packages of each group: one file, which the zips of all its lambdas contain, or none if they use no package. */
async function bundlePackages(build: Build, folder: string, groups: Group[]): Promise<Map<Group, PackagesBundle>> {
  const byName = new Map<string, Group>();
  const entryPoints: EntryPoints = {};
  for (const group of groups.filter(({ module }) => module !== "")) {
    // Named after the group's first lambda, so that an error in it can name a lambda.
    const [name] = group.lambdas;
    byName.set(name, group);
    // A TypeScript file, as the lambdas are: esbuild then takes the default export of a CommonJS package in the same way.
    entryPoints[name] = writeTo(join(folder, `${name}.ts`), group.module);
  }
  const bundles = new Map<Group, PackagesBundle>();
  for (const { name, code, inputs } of await build(entryPoints, { minify: true })) {
    const group = byName.get(name);
    if (group) bundles.set(group, { file: compress(PACKAGES_FILE, code), inputs });
  }
  return bundles;
}

/** The packages of a group. */
interface PackagesBundle {
  file: CompressedFile;
  /** The files that it was made of. */
  inputs: string[];
}

/** The file of every lambda: each file in a domain's `lambdas/` is one. */
function findLambdas(app: Construct, domains: Domain[]): EntryPoints {
  const lambdas: EntryPoints = {};
  // The order of the bundles decides the short names that esbuild gives to variables. It must not change when a domain is renamed.
  const inDeployedOrder = [...domains].sort((one, other) => (deployedName(one) < deployedName(other) ? -1 : 1));
  for (const { name: domain, folder } of inDeployedOrder) {
    for (const file of filesIn(join(folder, "lambdas"))) {
      const name = basename(file, ".ts");
      if (file.endsWith(".ts") && KEBAB_CASE.test(name)) {
        lambdas[`${domain}/${name}`] = join(folder, "lambdas", file);
        continue;
      }
      const rule = `A lambda's file is named in ${KEBAB_CASE_RULE}, and ends in ".ts"`;
      addFinding(
        app,
        `"${file}" cannot be the file of a lambda. ${rule}. Rename it, or move it out of lambdas/.`,
        `domains/${domain}/lambdas/${file}`,
      );
    }
  }
  return lambdas;
}

function deployedName({ name, Stack }: Domain): string {
  return deployedDomain({ domain: name, formerly: Stack.formerly });
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  // Editors and desktops keep files of their own beside the one that is open: .work.ts.swp, work.ts~, #work.ts#, .DS_Store.
  return names.filter((name) => !/^[.#]|~$/.test(name));
}

function toBundle(app: Construct, source: string, files: CompressedFile[]): Pick<Bundle, "zip" | "hash"> {
  const bytes = zip(files);
  const unzippedBytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes.length > LARGEST_ZIP_BYTES || unzippedBytes > LARGEST_UNZIPPED_BYTES) {
    const sizes = `has ${unzippedBytes} bytes bundled and ${bytes.length} bytes zipped`;
    const limits = `Lambda accepts at most ${LARGEST_UNZIPPED_BYTES} and ${LARGEST_ZIP_BYTES}`;
    addFinding(app, `the lambda ${sizes}, but ${limits}. Import less.`, source);
  }
  return { zip: bytes, hash: createHash("sha256").update(bytes).digest("base64") };
}

/** A folder that is removed when the process ends. Each synth has its own, because two can run at the same time. */
function makeTemporaryFolder(root: string): string {
  mkdirSync(join(root, ".build"), { recursive: true });
  const folder = mkdtempSync(join(root, ".build", "lambdas-"));
  temporaryFolders.push(folder);
  return folder;
}

/** Writes a file and returns its path. */
function writeTo(file: string, content: string | Uint8Array): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}
