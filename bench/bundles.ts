import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { App } from "cdktf";
import { buildSync } from "esbuild";
import { unzipSync } from "fflate";
import config from "../project.config";
import { runProcess } from "../scripts/cli/process";
import { printTable } from "../scripts/cli/table";
import { loadProject } from "../shared/stack/config";
import { bundleLambdas } from "../shared/synth/bundling/bundling";
import { findDomains } from "../shared/synth/domains";

const ROOT = join(__dirname, "..");
const LARGEST_KB = 200;
const SLOWEST = 2;

/** The SDK clients that a handler makes itself. */
const CLIENTS = /import \{[^}]*?(\w+Client)\b[^}]*\} from "(@aws-sdk\/client-[\w-]+)"/g;

/** Prints what each lambda's zip weighs, and how long its code loads beside the bare SDK clients it uses, bundled by esbuild as they are. */
export async function measureBundles(folder: string, runs: number, signal: AbortSignal): Promise<void> {
  process.stdout.write("\nthe domains' own lambdas\n\n");
  const project = loadProject(config);
  mkdirSync(folder, { recursive: true });
  const app = new App({ stackTraces: false, outdir: join(folder, "cdktf.out") });
  const domains = findDomains(app, join(ROOT, "domains"), project);
  const rows: string[][] = [];
  const bundles = await bundleLambdas(app, ROOT, domains, project);
  await bundles.ready;
  for (const [key, { zip, source }] of bundles.all) {
    const files = Object.entries(unzipSync(zip)).map(([name, content]) => write(join(folder, key, name), content));
    const clients = [...readFileSync(join(ROOT, source), "utf8").matchAll(CLIENTS)].map(([, client = "", from = ""]) => ({ client, from }));
    const bare = bundleBare(join(folder, `${key}-bare.mjs`), clients);
    const lambda: number[] = [];
    const client: number[] = [];
    // In turns, so that what else the machine does falls on both.
    for (let run = 0; run < runs; run++) {
      lambda.push(await load(files[0] ?? "", signal));
      client.push(await load(bare, signal));
    }
    const kilobytes = zip.length / 1024;
    const ratio = median(lambda) / median(client);
    rows.push([
      key,
      `${kilobytes.toFixed(0)} KB`,
      `${median(lambda).toFixed(0)} ms`,
      clients.map(({ from }) => relative("@aws-sdk", from)).join(", ") || "none",
      `${median(client).toFixed(0)} ms`,
      `${ratio.toFixed(1)} ×`,
      kilobytes <= LARGEST_KB && (ratio <= SLOWEST || clients.length === 0) ? "reached" : "not reached",
    ]);
  }
  printTable(["lambda", "zipped", "loads in", "clients", "bare", "ratio", `${LARGEST_KB} KB, ${SLOWEST} ×`], rows);
}

/** Nothing but the clients. */
function bundleBare(outfile: string, clients: { client: string; from: string }[]): string {
  const contents = clients.map(({ client, from }) => `import { ${client} } from "${from}";\nnew ${client}();`).join("\n");
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

/** Milliseconds, in a process of its own. */
async function load(file: string, signal: AbortSignal): Promise<number> {
  const code = `const begin = performance.now(); import("${pathToFileURL(file).href}").then(() => { console.log(performance.now() - begin); process.exit(); });`;
  const env = { ...process.env, AWS_REGION: config.region };
  return Number((await runProcess(process.execPath, ["-e", code], { env, signal })).stdout);
}

const median = (figures: number[]) => [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;

function write(file: string, content: Uint8Array): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}
