import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { Construct } from "constructs";
import { type BuildFailure, buildSync, type Metafile } from "esbuild";
import { zipSync } from "fflate";
import type { Project } from "../config";
import type { Domain } from "../domains";
import { addFinding } from "../findings";
import { KEBAB_CASE } from "../names";
import { type Bundle, Bundles } from "./bundles";

/** AWS's limits of a zip uploaded directly, and of what it unpacks to. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ZIP_BYTES = 50 * 1024 * 1024;
const UNZIPPED_BYTES = 250 * 1024 * 1024;

/** A project of this many lambdas is one esbuild call. It holds some 20 MB for each until it ends, so larger ones take several; the bytes are the same. */
const LAMBDAS_PER_CALL = 50;

/**
 * Bundles every lambda of the app in one esbuild call and zips each: one file, one fixed date, so
 * that the same code gives the same bytes on any machine. The AWS SDK is in the bundle: the
 * runtime's own changes without notice. What does not compile becomes a finding.
 */
export function bundleLambdas(app: Construct, root: string, domains: Domain[], { runtime }: Project): Bundles {
  // A folder of its own for each synth, for two may run at once.
  mkdirSync(join(root, ".build"), { recursive: true });
  const output = mkdtempSync(join(root, ".build", "lambdas-"));
  process.once("exit", () => rmSync(output, { recursive: true, force: true }));
  const entryPoints = domains.flatMap(({ name, folder }) => lambdaFiles(app, name, join(folder, "lambdas")));
  const bundles = new Bundles(entryPoints.length > 0 ? output : undefined);

  for (let from = 0; from < entryPoints.length; from += LAMBDAS_PER_CALL) {
    const outputs = build(app, root, output, Object.fromEntries(entryPoints.slice(from, from + LAMBDAS_PER_CALL)), runtime)?.outputs;
    bundles.incomplete ||= outputs === undefined;
    for (const [path, { exports, entryPoint }] of Object.entries(outputs ?? {})) {
      if (!entryPoint) continue;
      if (!exports.includes("handler")) {
        addFinding(app, "exports no handler; write: export const handler = …, or move what is no lambda out of lambdas/", entryPoint);
      }
      bundles.add(relative(output, join(root, path)).replace(/\.mjs$/, ""), zip(app, join(root, path), entryPoint));
      rmSync(join(root, path));
    }
  }
  return bundles;
}

function lambdaFiles(app: Construct, domain: string, folder: string): [string, string][] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap(({ name: file }): [string, string][] => {
    const name = basename(file, ".ts");
    if (file.endsWith(".ts") && KEBAB_CASE.test(name)) return [[`${domain}/${name}`, join(folder, file)]];
    const fix = 'lower-case letters and digits in parts joined by single "-", ending in .ts; rename it, or move it out of lambdas/';
    addFinding(app, `is no lambda's name, which is ${fix}`, `domains/${domain}/lambdas/${file}`);
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
    const limits = `AWS takes ${UNZIPPED_BYTES} and ${ZIP_BYTES}; import less`;
    addFinding(app, `is ${code.length} bytes bundled and ${bytes.length} zipped, and ${limits}`, source);
  }
  return { zip: bytes, hash: createHash("sha256").update(bytes).digest("base64"), source };
}
