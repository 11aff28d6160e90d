import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { Construct } from "constructs";
import { type BuildFailure, buildSync, type Metafile } from "esbuild";
import { zipSync } from "fflate";
import type { Project } from "../config";
import { addFinding } from "../findings";

/** One lambda's code, ready to deploy. */
export interface Bundle {
  zip: Uint8Array;
  /** Base64 SHA-256 of the zip: what Terraform's `source_code_hash` and Lambda's `CodeSha256` hold. */
  hash: string;
  /** The handler's file, from the root of the project. */
  source: string;
}

/** AWS's limits of a zip uploaded directly, and of what it unpacks to. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ZIP_BYTES = 50 * 1024 * 1024;
const UNZIPPED_BYTES = 250 * 1024 * 1024;

/** Takes the place of code that did not compile, so that synth goes on and names all problems at once. */
const NOTHING: Bundle = { zip: new Uint8Array(), hash: "", source: "" };

/** All lambdas' code, by domain and name. */
export class Bundles {
  private readonly bundles = new Map<string, Bundle>();
  /** Some code did not compile; a finding says which. */
  private incomplete = false;

  /** @param sourceMaps the folder that holds the source maps, not in the zips: they would change where the code does not */
  constructor(readonly sourceMaps?: string) {}

  add(domain: string, lambda: string, bundle: Bundle): void {
    this.bundles.set(`${domain}/${lambda}`, bundle);
  }

  /** From here on a missing bundle is no finding of its own. */
  markIncomplete(): void {
    this.incomplete = true;
  }

  /** The lambda's bundle; a lambda without a file becomes a finding of `scope`. */
  get(scope: Construct, domain: string, lambda: string): Bundle {
    const bundle = this.bundles.get(`${domain}/${lambda}`);
    if (!bundle && !this.incomplete) {
      const known = [...this.bundles.keys()].filter((key) => key.startsWith(`${domain}/`)).map((key) => basename(key));
      addFinding(
        scope,
        `there is no domains/${domain}/lambdas/${lambda}.ts; a lambda's name is its file's${known.length ? `, and the domain has ${known.join(", ")}` : ""}`,
      );
    }
    return bundle ?? NOTHING;
  }
}

/**
 * Bundles every lambda of the app in one esbuild call and zips each: one file, one fixed date, so
 * that the same code gives the same bytes on any machine. The AWS SDK is in the bundle, for the
 * runtime's own changes under you. What does not compile becomes a finding.
 */
export function bundleLambdas(
  app: Construct,
  root: string,
  domains: { name: string; folder: string }[],
  { runtime }: Pick<Project, "runtime">,
): Bundles {
  const output = join(root, ".build", "lambdas");
  rmSync(output, { recursive: true, force: true });
  const bundles = new Bundles(output);
  const entryPoints = Object.fromEntries(domains.flatMap(({ name, folder }) => lambdaFiles(app, name, join(folder, "lambdas"))));

  const metafile = build(app, root, output, entryPoints, runtime);
  if (!metafile) {
    bundles.markIncomplete();
    return bundles;
  }
  for (const [path, { exports, entryPoint }] of Object.entries(metafile.outputs)) {
    if (!path.endsWith(".mjs") || !entryPoint) continue;
    const [domain = "", file = ""] = relative(output, join(root, path)).split(/[\\/]/);
    if (!exports.includes("handler")) {
      addFinding(app, "exports no handler; write: export const handler = …, or move what is no lambda out of lambdas/", entryPoint);
    }
    bundles.add(domain, basename(file, ".mjs"), zip(app, join(root, path), entryPoint));
    rmSync(join(root, path));
  }
  return existsSync(output) ? bundles : new Bundles();
}

function lambdaFiles(app: Construct, domain: string, folder: string): [string, string][] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();
  return files.flatMap((file): [string, string][] => {
    const [, name] = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\.ts$/.exec(file) ?? [];
    if (name) return [[`${domain}/${name}`, join(folder, file)]];
    addFinding(
      app,
      'is no lambda\'s name; call it by lower-case letters and digits in parts joined by single "-", ending in .ts, or move it out of lambdas/',
      `domains/${domain}/lambdas/${file}`,
    );
    return [];
  });
}

function build(app: Construct, root: string, output: string, entryPoints: Record<string, string>, runtime: string): Metafile | undefined {
  try {
    return buildSync({
      absWorkingDir: root,
      entryPoints,
      outdir: output,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      minify: true,
      platform: "node",
      format: "esm",
      target: `node${/\d+/.exec(runtime)?.[0]}`,
      mainFields: ["module", "main"],
      // Lets a dependency in CommonJS require Node's own modules.
      banner: { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' },
      sourcemap: "external",
      sourcesContent: false,
      legalComments: "none",
      metafile: true,
      logLevel: "silent",
    }).metafile;
  } catch (error) {
    for (const { text, location } of (error as BuildFailure).errors ?? []) {
      addFinding(app, `does not compile: ${text}`, location ? `${location.file}:${location.line}` : "domains/*/lambdas");
    }
    if (!(error as BuildFailure).errors) throw error;
    return undefined;
  }
}

function zip(app: Construct, file: string, source: string): Bundle {
  const code = readFileSync(file);
  // A ZIP knows no time zone: the date is written as this machine's local time shows it.
  const bytes = zipSync({ "index.mjs": code }, { level: 6, mtime: new Date(1980, 0, 1) });
  if (bytes.length > ZIP_BYTES || code.length > UNZIPPED_BYTES) {
    addFinding(
      app,
      `is ${code.length} bytes bundled and ${bytes.length} zipped; AWS takes ${UNZIPPED_BYTES} and ${ZIP_BYTES}: import less`,
      source,
    );
  }
  return { zip: bytes, hash: createHash("sha256").update(bytes).digest("base64"), source };
}
