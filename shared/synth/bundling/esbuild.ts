import { join, relative } from "node:path";
import type { Construct } from "constructs";
import { type BuildFailure, type BuildOptions, build, type Message, transform } from "esbuild";
import { addFinding } from "../../stack/findings";

/** The maximum number of bundles in one call of esbuild, which holds about 20 MB for each until the call ends. It does not affect the output. */
const BUNDLES_PER_CALL = 50;

/** A lambda gets its credentials in environment variables. The SDK's other ways to find credentials are a quarter of a lambda's code. */
const CREDENTIALS = { "@aws-sdk/credential-provider-node": join(__dirname, "../../runtime/credentials.ts") };

/** Lets a CommonJS dependency call `require` for Node.js's own modules. */
const REQUIRE_BANNER = 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);';

/** The folder of the generated modules that `bundling.ts` writes, one for each group of lambdas, named after a lambda of the group. */
export const PACKAGES_FOLDER = "packages-of";

/** The file of each bundle, by the name of the bundle: `orders/record-order`. */
export type EntryPoints = Record<string, string>;

/** One file that esbuild bundled. */
export interface BundledModule {
  /** The name of its entry point. */
  name: string;
  code: Uint8Array;
  /** Present when the options ask for one. */
  sourceMap?: Uint8Array;
  /** The file of its entry point, relative to the root of the project. */
  source: string;
  /** The names that it exports. */
  exports: string[];
  /** Every file that it was made of, relative to the root of the project. */
  inputs: string[];
}

/** esbuild's options that every call must set. `absWorkingDir` is the root of the project. */
export type EsbuildOptions = BuildOptions & { absWorkingDir: string; outdir: string };

/**
 * Bundles each entry point into one ECMAScript module. The format matters: esbuild knows the exports of an ECMAScript module.
 * If one entry point of a call does not compile, the call returns nothing, and each error is a finding.
 */
export async function runEsbuild(app: Construct, entryPoints: EntryPoints, options: EsbuildOptions): Promise<BundledModule[]> {
  const entries = Object.entries(entryPoints);
  const modules: BundledModule[] = [];
  for (let start = 0; start < entries.length; start += BUNDLES_PER_CALL) {
    const batch = Object.fromEntries(entries.slice(start, start + BUNDLES_PER_CALL));
    modules.push(...(await bundleBatch(app, batch, options)));
  }
  return modules;
}

async function bundleBatch(app: Construct, entryPoints: EntryPoints, options: EsbuildOptions): Promise<BundledModule[]> {
  try {
    return await bundle(entryPoints, options);
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>;
    if (!errors) throw error;
    for (const message of errors) addFinding(app, `the file does not compile: ${message.text}`, placeOf(message));
    return [];
  }
}

async function bundle(entryPoints: EntryPoints, options: EsbuildOptions): Promise<BundledModule[]> {
  const { metafile, outputFiles } = await build({
    ...options,
    entryPoints,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE_BANNER },
    sourcesContent: false,
    legalComments: "none",
    metafile: true,
    logLevel: "silent",
    alias: { ...CREDENTIALS, ...options.alias },
  });
  const { absWorkingDir: root, outdir } = options;
  const contents = new Map(outputFiles.map(({ path, contents }) => [relative(root, path), contents]));
  // In the order of the entry points, and not of the names of files, as in the metafile.
  return Object.keys(entryPoints).flatMap((name): BundledModule[] => {
    const path = `${join(relative(root, outdir), name)}.mjs`;
    const { entryPoint: source, exports = [], inputs = {} } = metafile.outputs[path] ?? {};
    const code = contents.get(path);
    return source && code ? [{ name, code, sourceMap: contents.get(`${path}.map`), source, exports, inputs: Object.keys(inputs) }] : [];
  });
}

/**
 * Minifies a bundle after everything that it does not use has been removed, in steps of their own. In one step, esbuild would choose the
 * short names by how often each letter occurs in all of the code, so that code which no lambda uses would change the bytes of all of them.
 */
export async function minified(module: BundledModule): Promise<BundledModule> {
  const { code, sourceMap } = module;
  const options = {
    loader: "js",
    format: "esm",
    platform: "node",
    treeShaking: true,
    legalComments: "none",
    sourcesContent: false,
  } as const;
  const withMap = `${textOf(code)}${sourceMap ? `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(sourceMap).toString("base64")}` : ""}`;
  // It sees more than the bundling did: that a function of another file has no side effects.
  const used = await transform(withMap, { ...options, ...(sourceMap && { sourcemap: "inline" }) });
  const result = await transform(used.code, { ...options, minify: true, ...(sourceMap && { sourcemap: "external" }) });
  return { ...module, code: Buffer.from(result.code), ...(sourceMap && { sourceMap: Buffer.from(result.map) }) };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** The file and line of an error. An error in a generated module is reported at a lambda that uses it. */
function placeOf({ location }: Message): string {
  if (!location) return "domains/*/lambdas";
  const generatedFor = new RegExp(`${PACKAGES_FOLDER}/(?<domain>.+)/(?<lambda>.+)\\.ts$`).exec(location.file)?.groups;
  if (generatedFor) return `domains/${generatedFor.domain}/lambdas/${generatedFor.lambda}.ts`;
  return `${location.file}:${location.line}`;
}
