import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { App } from "cdktf";
import { buildSync } from "esbuild";
import { unzipSync } from "fflate";
import config from "../project.config";
import { runProcess } from "../scripts/cli/process";
import { printTable } from "../scripts/cli/table";
import type { Bundle } from "../shared/stack/bundles";
import { loadProject } from "../shared/stack/config";
import { bundleLambdas } from "../shared/synth/bundling/bundling";
import { findDomains } from "../shared/synth/domains";
import { median } from "./median";

const ROOT = join(__dirname, "..");

/** The targets: the size of a zip in KB, and its time to load as a multiple of its SDK clients' time. */
const LARGEST_KB = 200;
const SLOWEST = 2;

/** An import of an AWS SDK client: `import { DynamoDBClient } from "@aws-sdk/client-dynamodb"`. */
const CLIENT_IMPORT = /import \{[^}]*?(\w+Client)\b[^}]*\} from "(@aws-sdk\/client-[\w-]+)"/g;

/** An AWS SDK client that a handler uses. */
interface Client {
  name: string;
  package: string;
}

/**
 * Prints the size of each lambda in `domains/` and the time to load its code, beside the time to load only the SDK clients that
 * it uses, bundled by esbuild without anything around them.
 */
export async function measureBundles(folder: string, runs: number, signal: AbortSignal): Promise<void> {
  process.stdout.write("\nthe domains' own lambdas\n\n");
  mkdirSync(folder, { recursive: true });
  const project = loadProject(config);
  const app = new App({ stackTraces: false, outdir: join(folder, "cdktf.out") });
  const bundles = await bundleLambdas(app, ROOT, findDomains(app, join(ROOT, "domains"), project), project);
  await bundles.ready;

  const rows: string[][] = [];
  for (const [name, bundle] of bundles.all) rows.push(await measure(name, bundle, { folder, runs, signal }));
  printTable(["lambda", "zipped", "loads in", "clients", "clients load in", "ratio", `${LARGEST_KB} KB, ${SLOWEST} ×`], rows);
}

async function measure(
  name: string,
  { zip, source }: Bundle,
  { folder, runs, signal }: { folder: string; runs: number; signal: AbortSignal },
): Promise<string[]> {
  const [handler = ""] = Object.entries(unzipSync(zip)).map(([file, content]) => write(join(folder, name, file), content));
  const clients = clientsIn(readFileSync(join(ROOT, source), "utf8"));
  const bare = bundleClients(join(folder, `${name}-bare.mjs`), clients);

  const lambdaTimes: number[] = [];
  const clientTimes: number[] = [];
  // They take turns, so that other work of the machine affects both.
  for (let run = 0; run < runs; run++) {
    lambdaTimes.push(await loadTime(handler, signal));
    clientTimes.push(await loadTime(bare, signal));
  }
  const kilobytes = zip.length / 1024;
  const ratio = median(lambdaTimes) / median(clientTimes);
  const isReached = kilobytes <= LARGEST_KB && (ratio <= SLOWEST || clients.length === 0);
  return [
    name,
    `${kilobytes.toFixed(0)} KB`,
    `${median(lambdaTimes).toFixed(0)} ms`,
    clients.map((client) => relative("@aws-sdk", client.package)).join(", ") || "none",
    `${median(clientTimes).toFixed(0)} ms`,
    `${ratio.toFixed(1)} ×`,
    isReached ? "reached" : "not reached",
  ];
}

function clientsIn(source: string): Client[] {
  return [...source.matchAll(CLIENT_IMPORT)].map(([, name = "", from = ""]) => ({ name, package: from }));
}

/** Bundles code that only creates the clients. */
function bundleClients(outfile: string, clients: Client[]): string {
  const contents = clients.map((client) => `import { ${client.name} } from "${client.package}";\nnew ${client.name}();`).join("\n");
  const banner = { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' };
  buildSync({
    stdin: { contents, resolveDir: ROOT },
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    banner,
  });
  return outfile;
}

/** The time to load a file in a process of its own, in ms. */
async function loadTime(file: string, signal: AbortSignal): Promise<number> {
  const url = pathToFileURL(file).href;
  const code = `const start = performance.now(); import("${url}").then(() => { console.log(performance.now() - start); process.exit(); });`;
  const env = { ...process.env, AWS_REGION: config.region };
  const { stdout } = await runProcess(process.execPath, ["-e", code], { env, signal });
  return Number(stdout);
}

function write(file: string, content: Uint8Array): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}
