import { join, relative } from "node:path";
import type { Construct } from "constructs";
import { type BuildFailure, type BuildOptions, build } from "esbuild";
import { addFinding } from "../../stack/findings";

/** One call makes at most so many bundles: it holds some 20 MB for each until it ends. The bytes are the same. */
const BUNDLES_PER_CALL = 50;

/** A lambda's credentials come by environment variables; all other ways are a quarter of its code. */
const CREDENTIALS = { "@aws-sdk/credential-provider-node": join(__dirname, "../../runtime/credentials.ts") };

/** Files by the name of the bundle that is made of each: `orders/record-order`. */
export type EntryPoints = Record<string, string>;

export interface Output {
  name: string;
  code: Uint8Array;
  sourceMap?: Uint8Array;
  /** The file that it is made of, from the root of the project. */
  source: string;
  exports: string[];
}

/** Bundles files as ECMAScript modules: what they export is known then. A call with one that does not compile makes nothing, and findings. */
export async function runEsbuild(
  app: Construct,
  entryPoints: EntryPoints,
  options: BuildOptions & { absWorkingDir: string; outdir: string },
): Promise<Output[]> {
  const entries = Object.entries(entryPoints);
  if (entries.length > BUNDLES_PER_CALL) {
    const [first, rest] = [entries.slice(0, BUNDLES_PER_CALL), entries.slice(BUNDLES_PER_CALL)].map((part) => Object.fromEntries(part));
    return [...(await runEsbuild(app, first ?? {}, options)), ...(await runEsbuild(app, rest ?? {}, options))];
  }
  try {
    const { metafile, outputFiles } = await build({
      ...options,
      entryPoints,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      write: false,
      platform: "node",
      format: "esm",
      mainFields: ["module", "main"],
      // Lets a dependency in CommonJS require Node's own modules.
      banner: { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' },
      sourcesContent: false,
      legalComments: "none",
      metafile: true,
      logLevel: "silent",
      alias: { ...CREDENTIALS, ...options.alias },
    });
    const contents = new Map(outputFiles.map(({ path, contents }) => [relative(options.absWorkingDir, path), contents]));
    return Object.entries(metafile.outputs).flatMap(([path, { entryPoint: source, exports }]): Output[] => {
      const code = contents.get(path);
      if (!source || !code) return [];
      const name = relative(relative(options.absWorkingDir, options.outdir), path).replace(/\.mjs$/, "");
      return [{ name, code, sourceMap: contents.get(`${path}.map`), source, exports }];
    });
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>;
    if (!errors) throw error;
    for (const { text, location } of errors) {
      const [, lambda] = /packages-of\/(.+)\.ts$/.exec(location?.file ?? "") ?? [];
      const place = lambda ? `domains/${lambda.replace("/", "/lambdas/")}.ts` : location && `${location.file}:${location.line}`;
      addFinding(app, `does not compile: ${text}`, place ?? "domains/*/lambdas");
    }
    return [];
  }
}
